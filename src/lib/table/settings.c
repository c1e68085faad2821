/* SPDX-License-Identifier: ISC
 *
 * settings.c - what a table such as ldap:/file.cf or mysql:name is told.
 */

#include "settings.h"

#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/hash.h"
#include "base/log.h"
#include "base/num.h"
#include "base/text.h"
#include "config/cf_file.h"

struct settings {
    struct arena *arena; /* owned */
    const char *name;    /* of the file or the prefix */
    bool is_file;
    struct hash *values; /* owned; texts in the arena */
    struct hash *lines;  /* owned; where each name is set: a number */
    struct stat info;    /* of the file */
};

static bool read_line(struct settings *s, struct cf_file *file,
                      const struct cf_line *line, struct error *why)
{
    char *name, *value;

    if (strchr(line->text, '=') == NULL)
        return cf_file_error(file, line, why,
                             "missing '=' after attribute name: \"%s\"",
                             text_trim(line->text));
    if (!text_split_nameval(line->text, &name, &value))
        return cf_file_error(file, line, why, "missing attribute name");
    const char *old = hash_put(s->values, name, arena_strdup(s->arena, value));
    intptr_t old_line = (intptr_t)hash_put(s->lines, name,
                                           (void *)(intptr_t)line->first);
    if (old != NULL && strcmp(old, value) != 0)
        log_warning("%s, line %d: overriding earlier entry: %s=%s -- that of "
                    "line %d: remove one of the two",
                    s->name, line->first, name, old, (int)old_line);
    return true;
}

static bool read_file(struct settings *s, struct error *why)
{
    struct cf_file *file = cf_file_open(s->name, why);
    struct cf_line line;
    bool good = true;

    if (file == NULL)
        return false;
    if (stat(s->name, &s->info) != 0)
        good = error_set(why, "open %s: %s", s->name, strerror(errno));
    while (good && cf_file_next(file, &line))
        good = read_line(s, file, &line, why);
    cf_file_free(file);
    return good;
}

struct settings *table_settings_open(const char *name, struct error *why)
{
    struct settings *s = mem_zalloc(sizeof(*s));

    s->arena = arena_new();
    s->name = arena_strdup(s->arena, name);
    s->is_file = *name == '/' || *name == '.';
    s->values = hash_new();
    s->lines = hash_new();
    if (!s->is_file || read_file(s, why))
        return s;
    settings_close(s);
    return NULL;
}

void settings_close(struct settings *s)
{
    if (s == NULL)
        return;
    hash_free(s->values, NULL);
    hash_free(s->lines, NULL);
    arena_free(s->arena);
    free(s);
}

struct arena *settings_arena(struct settings *s)
{
    return s->arena;
}

const char *settings_get(struct settings *s, const char *name)
{
    const struct table_setup *setup = table_setup();

    if (s->is_file)
        return hash_get(s->values, name);
    if (setup->parameter == NULL)
        return NULL;
    const char *value = setup->parameter(
        arena_printf(s->arena, "%s_%s", s->name, name), setup->context);
    return value == NULL ? NULL : arena_strdup(s->arena, value);
}

/* The start of a complaint: "file.cf: <text><setting> = <value>", or in
 * main.cf "<text>name_setting = <value>". */
static bool complain(const struct settings *s, const char *text,
                     const char *name, const char *value, struct error *why)
{
    if (s->is_file)
        return error_set(why, "%s: %s: %s = %s", s->name, text, name, value);
    return error_set(why, "%s: %s_%s = %s", text, s->name, name, value);
}

bool settings_missing(const struct settings *s, const char *name,
                      struct error *why)
{
    return complain(s, "bad string length 0 < 1", name, "", why);
}

static bool load_text(const struct settings *s, const struct setting *row,
                      const char *value, const char **into, struct error *why)
{
    *into = value;
    if (value == NULL || strlen(value) >= (size_t)row->min)
        return true;
    return settings_missing(s, row->name, why);
}

static bool load_int(const struct settings *s, const struct setting *row,
                     const char *value, long *into, struct error *why)
{
    if (!num_parse_long(value, INT_MIN, INT_MAX, into))
        return complain(s, "bad numerical configuration", row->name, value,
                        why);
    if (row->min > 0 && *into < row->min)
        return complain(s, "value is too small", row->name, value, why);
    if (row->max > 0 && *into > row->max)
        return complain(s, "value is too large", row->name, value, why);
    return true;
}

static bool load_bool(const struct settings *s, const struct setting *row,
                      const char *value, bool *into, struct error *why)
{
    *into = text_equal_nocase(value, "yes");
    if (*into || text_equal_nocase(value, "no"))
        return true;
    return complain(s, "bad boolean configuration", row->name, value, why);
}

static bool load(struct settings *s, const struct setting *row, void *member,
                 struct error *why)
{
    const char *value = settings_get(s, row->name);

    if (value == NULL)
        value = row->fallback;
    switch (row->type) {
    case SETTING_TEXT: return load_text(s, row, value, member, why);
    case SETTING_INT: return load_int(s, row, value, member, why);
    case SETTING_BOOL: return load_bool(s, row, value, member, why);
    }
    return false;
}

bool settings_load(struct settings *s, const struct setting *rows,
                   size_t count, void *into, struct error *why)
{
    for (size_t i = 0; i < count; i++)
        if (!load(s, &rows[i], (char *)into + rows[i].offset, why))
            return false;
    return true;
}

enum table_trust settings_owner(const struct settings *s, uid_t *owner)
{
    if (!s->is_file)
        return table_owner_trusted(NULL, owner);
    return file_trust(&s->info, owner);
}
