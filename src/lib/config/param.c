/* SPDX-License-Identifier: ISC
 *
 * param.c - from the text of a parameter to the member of a struct.
 */
#include "config/param.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/domain.h"
#include "base/fatal.h"
#include "base/file.h"
#include "base/num.h"
#include "base/str.h"
#include "base/text.h"
#include "config/main_cf.h"

enum { ORIGIN_FILE_BYTES = 64 * 1024 };

/* Where the value of <name> comes from, what it is, what was wrong. */
static bool bad_value(struct config *config, const char *name,
                      const char *value, const char *problem,
                      struct error *why)
{
    return error_set(why, "%s: %s: %s = %s", config_where(config, name),
                     problem, name, value);
}

static bool in_bounds(struct config *config, const char *name, long value,
                      long min, long max, struct error *why)
{
    if (min != PARAM_NO_MINIMUM && value < min)
        return error_set(why,
                         "%s: invalid %s parameter value %ld < %ld; specify "
                         "at least %ld",
                         config_where(config, name), name, value, min, min);
    if (max != PARAM_NO_LIMIT && value > max)
        return error_set(why,
                         "%s: invalid %s parameter value %ld > %ld; specify "
                         "at most %ld",
                         config_where(config, name), name, value, max, max);
    return true;
}

static bool length_in_bounds(struct config *config, const char *name,
                             const char *value, long min, long max,
                             struct error *why)
{
    long length = (long)strlen(value);

    if (min != PARAM_NO_MINIMUM && length < min)
        return error_set(why, "%s: bad string length %ld < %ld: %s = %s",
                         config_where(config, name), length, min, name,
                         value);
    if (max != PARAM_NO_LIMIT && length > max)
        return error_set(why, "%s: bad string length %ld > %ld: %s = %s",
                         config_where(config, name), length, max, name,
                         value);
    return true;
}

static bool all_are_of(const char *list, const char *words)
{
    struct arena *arena = arena_new();
    bool ok = true;

    for (char **word = text_split(arena, list, NULL, NULL);
         ok && *word != NULL; word++)
        ok = text_lists_word_nocase(words, *word);
    arena_free(arena);
    return ok;
}

static bool check_text(struct config *config, const char *name,
                       const struct param_row *row, const char *value,
                       struct error *why)
{
    if (!length_in_bounds(config, name, value, row->min, row->max, why))
        return false;
    if (*value == '\0')
        return true;
    const char *where = config_where(config, name);
    switch (row->form) {
    case PARAM_FREE: return true;
    case PARAM_WORD:
        return text_lists_word_nocase(row->values, value) ||
               error_set(why, "%s: bad value: %s = %s; specify one of: %s",
                         where, name, value, row->values);
    case PARAM_WORDS:
        return all_are_of(value, row->values) ||
               error_set(why, "%s: bad value: %s = %s; specify some of: %s",
                         where, name, value, row->values);
    case PARAM_HOST: /* computed ones come from others that are checked */
        return domain_is_hostname(value) || !config_is_set(config, name) ||
               error_set(why, "%s: bad parameter value: %s = %s; specify a "
                         "name such as host.example.com: of letters, digits "
                         "and \"-\", with a dot between its parts",
                         where, name, value);
    }
    panic("form %d of %s", (int)row->form, name);
}

/* "10h" and "${x}h" end in a unit; "$name" does not, whatever its name. */
static char unit_of(const char *default_text)
{
    size_t length = default_text == NULL ? 0 : strlen(default_text);

    if (length < 2 || strchr("smhdw", default_text[length - 1]) == NULL)
        return 's';
    char before = default_text[length - 2];
    bool is_unit = before == '}' || (before >= '0' && before <= '9');
    return is_unit ? default_text[length - 1] : 's';
}

/* Numbers and words may have white space around them after expansion. */
static char *trimmed(const char *value, char **copy)
{
    *copy = mem_strdup(value);
    return text_trim(*copy);
}

static bool parse_int(struct config *config, const char *name,
                      const char *value, long min, long max, long *out,
                      struct error *why)
{
    char *copy;
    bool ok = num_parse_long(trimmed(value, &copy), LONG_MIN, LONG_MAX, out);

    free(copy);
    if (!ok)
        return bad_value(config, name, value,
                         "bad numerical configuration; specify a whole number",
                         why);
    return in_bounds(config, name, *out, min, max, why);
}

static bool parse_time(struct config *config, const char *name,
                       const char *value, char unit, long min, long max,
                       int *out, struct error *why)
{
    char *copy;
    bool ok = num_parse_time(trimmed(value, &copy), unit, out);

    free(copy);
    if (!ok)
        return bad_value(config, name, value,
                         "bad time value or unit; specify a number followed "
                         "by s, m, h, d or w",
                         why);
    return in_bounds(config, name, *out, min, max, why);
}

static bool parse_bool(struct config *config, const char *name,
                       const char *value, bool *out, struct error *why)
{
    char *copy, *word = trimmed(value, &copy);
    bool yes = text_equal_nocase(word, "yes");
    bool no = text_equal_nocase(word, "no");

    free(copy);
    if (!yes && !no)
        return bad_value(config, name, value,
                         "bad boolean configuration; specify yes or no", why);
    *out = yes;
    return true;
}

/* As Debian has it: myorigin may be a file, whose first line is the name. */
static const char *origin(struct config *config, const char *value,
                          struct error *why)
{
    struct str text = STR_EMPTY;

    if (*value != '/')
        return value;
    if (!file_read(value, ORIGIN_FILE_BYTES, &text, why)) {
        error_prefix(why, "%s: myorigin", config_where(config, "myorigin"));
        return NULL;
    }
    text.data[strcspn(text.data, "\n")] = '\0';
    value = config_keep(config, text_trim(text.data));
    str_fini(&text);
    return value;
}

static bool load_row(struct config *config, const char *name,
                     const char *default_text, const struct param_row *row,
                     void *member, struct error *why)
{
    const char *value = config_try(config, name, why);

    if (value == NULL)
        return false;
    switch (row->type) {
    case PARAM_TEXT:
    case PARAM_RAW:
        if (strcmp(name, "myorigin") == 0)
            value = origin(config, value, why);
        if (value == NULL)
            return false;
        *(const char **)member = value;
        return check_text(config, name, row, value, why);
    case PARAM_INT:
        return parse_int(config, name, value, row->min, row->max, member,
                         why);
    case PARAM_BOOL:
        return parse_bool(config, name, value, member, why);
    case PARAM_TIME:
        return parse_time(config, name, value, unit_of(default_text),
                          row->min, row->max, member, why);
    }
    panic("load_row: parameter %s has type %d", name, (int)row->type);
}

bool param_group_load(struct config *config, const struct param_group *group,
                      struct error *why)
{
    for (size_t i = 0; i < group->count; i++) {
        const struct param_row *row = &group->rows[i];
        if (!load_row(config, row->name, row->default_text, row,
                      (char *)group->values + row->offset, why))
            return false;
    }
    return true;
}

bool param_group_load_lmtp(struct config *config,
                           const struct param_group *group,
                           struct error *why)
{
    struct arena *arena = arena_new();
    bool ok = true;

    for (size_t i = 0; ok && i < group->count; i++) {
        const struct param_row *row = &group->rows[i];
        const char *text = row->default_text;
        const char *name = param_twin(arena, row, &text);
        ok = load_row(config, name != NULL ? name : row->name,
                      name != NULL ? text : row->default_text, row,
                      (char *)group->values + row->offset, why);
    }
    arena_free(arena);
    return ok;
}

bool param_family_int(struct config *config, const char *prefix,
                      const char *suffix, long fallback, long min, long max,
                      long *value, struct error *why)
{
    char *name = mem_printf("%s%s", prefix, suffix);
    bool ok = true;

    *value = fallback;
    if (config_get_unexpanded(config, name) != NULL) {
        const char *text = config_try(config, name, why);
        ok = text != NULL &&
             parse_int(config, name, text, min, max, value, why);
    }
    free(name);
    return ok;
}

bool param_family_time(struct config *config, const char *prefix,
                       const char *suffix, int fallback, int min, int max,
                       int *value, struct error *why)
{
    char *name = mem_printf("%s%s", prefix, suffix);
    bool ok = true;

    *value = fallback;
    if (config_get_unexpanded(config, name) != NULL) {
        const char *text = config_try(config, name, why);
        ok = text != NULL &&
             parse_time(config, name, text, 's', min, max, value, why);
    }
    free(name);
    return ok;
}

const char *param_family_text(struct config *config, const char *prefix,
                              const char *suffix, const char *fallback)
{
    char *name = mem_printf("%s%s", prefix, suffix);
    const char *text = config_get(config, name);

    free(name);
    return text != NULL ? text : fallback;
}
