/* SPDX-License-Identifier: ISC
 *
 * master.c - the services of master.cf, their fields and their settings.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/fatal.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/text.h"
#include "postconf.h"

/* The next part of "a/b/c"; the last one takes the rest. NULL: no more. */
static char *next_part(char **cursor, bool is_last)
{
    char *part = *cursor;

    if (part == NULL)
        return NULL;
    char *slash = is_last ? NULL : strchr(part, '/');
    *cursor = slash != NULL ? slash + 1 : NULL;
    if (slash != NULL)
        *slash = '\0';
    return part;
}

static bool part_matches(const char *part, const char *text)
{
    return part == NULL || *part == '\0' || strcmp(part, "*") == 0 ||
           strcmp(part, text) == 0;
}

/* A service name may have a '/' itself, so the pattern is cut at the end:
 * the type is one of a few words. */
bool pattern_matches(const char *pattern, const struct master_entry *entry,
                     const char *third)
{
    size_t length = strlen(entry->name);
    char *copy = mem_strdup(pattern), *cursor = copy;
    const char *name;

    if (strncmp(copy, entry->name, length) == 0 &&
        (copy[length] == '/' || copy[length] == '\0')) {
        name = entry->name;
        cursor = copy[length] == '/' ? copy + length + 1 : NULL;
    } else {
        name = next_part(&cursor, false);
    }
    const char *type = next_part(&cursor, third == NULL);
    const char *rest = next_part(&cursor, true);
    bool ok = part_matches(name, entry->name) &&
              part_matches(type, entry->field[MASTER_TYPE]) &&
              (third == NULL ? rest == NULL : part_matches(rest, third));
    free(copy);
    return ok;
}

/* $name of a setting is looked up among the service's own settings first. */
struct scope {
    const struct postconf *pc;
    const struct master_entry *entry;
};

static const char *own_setting(const struct master_entry *entry,
                               const char *name)
{
    size_t position = 0, length = strlen(name);
    const char *setting, *value = NULL;

    while ((setting = master_entry_next_setting(entry, &position)) != NULL)
        if (strncmp(setting, name, length) == 0 && setting[length] == '=')
            value = setting + length + 1;
    return value;
}

static const char *look_up(const char *name, void *context)
{
    const struct scope *scope = context;
    const char *value = own_setting(scope->entry, name);

    if (strcmp(name, "service_name") == 0)
        return scope->entry->name;
    if (value == NULL)
        value = config_get_raw(scope->pc->config, name);
    return value != NULL ? value : service_default(scope->pc, name);
}

/* The value of a setting of one service, expanded in its scope. */
static const char *expand_for_service(const struct postconf *pc,
                                      const struct master_entry *entry,
                                      const char *value)
{
    struct scope scope = { pc, entry };
    struct error why = ERROR_NONE;

    const char *result =
        config_expand_in(pc->config, value, look_up, &scope, &why);
    if (result == NULL)
        fatal("%s, line %d: %s", pc->master_path, entry->line, why.text);
    return result;
}

/* With -x, a copy of the entry whose arguments are expanded. */
static struct master_entry shown_entry(const struct postconf *pc,
                                       struct arena *arena,
                                       const struct master_entry *entry)
{
    struct master_entry copy = *entry;

    if ((pc->options & OPT_EXPAND) == 0)
        return copy;
    copy.argv = arena_array(arena, entry->argc + 1, sizeof *copy.argv);
    for (size_t i = 0; i < entry->argc; i++) {
        bool setting = i > 0 && strcmp(entry->argv[i - 1], "-o") == 0;
        copy.argv[i] = setting
                           ? expand_for_service(pc, entry, entry->argv[i])
                           : entry->argv[i];
    }
    copy.argv[entry->argc] = NULL;
    return copy;
}

/* What follows the name of a service in "name/type/third". A name that has a
 * '/' itself is known by being there. */
static const char *behind_name(const struct master_cf *master,
                               const char *pattern)
{
    for (size_t i = 0; i < master->count; i++) {
        size_t length = strlen(master->entries[i].name);
        if (strncmp(pattern, master->entries[i].name, length) == 0 &&
            (pattern[length] == '/' || pattern[length] == '\0'))
            return pattern + length;
    }
    return pattern + strcspn(pattern, "/");
}

bool is_field_name(const char *name)
{
    for (int i = 0; i < MASTER_FIELD_COUNT; i++)
        if (strcmp(name, master_field_name((enum master_field)i)) == 0)
            return true;
    return false;
}

static bool is_field_pattern(const char *text)
{
    return *text == '\0' || strcmp(text, "*") == 0 || is_field_name(text);
}

static void check_pattern(const struct postconf *pc, const char *pattern)
{
    const char *rest = behind_name(pc->master, pattern);
    const char *third = *rest == '/' ? strchr(rest + 1, '/') : NULL;
    const char *fourth = third != NULL ? strchr(third + 1, '/') : NULL;
    bool services = (pc->options & OPT_SERVICES) != 0;
    bool fields = (pc->options & OPT_FIELDS) != 0;

    if (rest == pattern || fourth != NULL || (services && third != NULL))
        fatal(services ? "-M option requires service_name[/type]"
              : fields ? "-F option requires service_name[/type[/field]]"
                       : "-P option requires service_name[/type[/parameter]]");
    if (fields && third != NULL && !is_field_pattern(third + 1))
        fatal("invalid service attribute name: \"%s\"", third + 1);
}

/* Call <show> for each entry that a pattern of the command line matches, or
 * for all, in the order of the file. It says whether <pattern> matched. */
static int each_entry(const struct postconf *pc,
                      bool (*show)(const struct postconf *pc,
                                   const struct master_entry *entry,
                                   const char *pattern))
{
    size_t patterns = 0;
    while (pc->arguments[patterns] != NULL)
        patterns++;
    bool *matched = mem_zalloc((patterns + 1) * sizeof *matched);
    for (size_t p = 0; p < patterns; p++)
        check_pattern(pc, pc->arguments[p]);

    for (size_t i = 0; i < pc->master->count; i++) {
        const struct master_entry *entry = &pc->master->entries[i];
        if (patterns == 0)
            show(pc, entry, "*");
        for (size_t p = 0; p < patterns; p++)
            if (show(pc, entry, pc->arguments[p]))
                matched[p] = true;
    }
    for (size_t p = 0; p < patterns; p++)
        if (!matched[p])
            log_warning("unmatched request: \"%s\"", pc->arguments[p]);
    free(matched);
    return 0;
}

static bool show_service(const struct postconf *pc,
                         const struct master_entry *entry, const char *pattern)
{
    struct str out = STR_EMPTY;
    struct arena *arena = arena_new();

    bool matched = pattern_matches(pattern, entry, NULL);
    if (matched) {
        struct master_entry shown = shown_entry(pc, arena, entry);
        if ((pc->options & OPT_JSON) != 0) {
            char *name = arena_printf(arena, "%s/%s", entry->name,
                                      entry->field[MASTER_TYPE]);
            for (int i = 0; i < MASTER_COMMAND; i++)
                str_addf(&out, "%s ", entry->field[i]);
            format_command(&out, &shown, false, 0);
            print_json(name, out.data);
        } else {
            format_service(&out, &shown, (pc->options & OPT_FOLD) != 0);
            fputs(out.data, stdout);
        }
    }
    arena_free(arena);
    str_fini(&out);
    return matched;
}

int show_services(const struct postconf *pc)
{
    return each_entry(pc, show_service);
}

/* A command keeps its line breaks; print_setting would join its words. */
static void print_command(const struct postconf *pc, const char *name,
                          const struct master_entry *entry)
{
    struct str out = STR_EMPTY;

    if ((pc->options & (OPT_NO_NAME | OPT_JSON)) == 0)
        str_addf(&out, "%s = ", name);
    format_command(&out, entry,
                   (pc->options & (OPT_FOLD | OPT_JSON)) == OPT_FOLD,
                   out.length);
    if ((pc->options & OPT_JSON) != 0)
        print_json(name, out.data);
    else
        puts(out.data);
    str_fini(&out);
}

static bool show_field(const struct postconf *pc,
                       const struct master_entry *entry, const char *pattern)
{
    struct arena *arena = arena_new();
    struct master_entry shown = shown_entry(pc, arena, entry);
    bool matched = false;

    for (int i = 0; i < MASTER_FIELD_COUNT; i++) {
        const char *field = master_field_name((enum master_field)i);
        if (!pattern_matches(pattern, entry, field))
            continue;
        char *name = arena_printf(arena, "%s/%s/%s", entry->name,
                                  entry->field[MASTER_TYPE], field);
        matched = true;
        if (i == MASTER_COMMAND && (pc->options & OPT_NO_VALUE) == 0)
            print_command(pc, name, &shown);
        else
            print_setting(pc, name, entry->field[i]);
    }
    arena_free(arena);
    return matched;
}

int show_fields(const struct postconf *pc)
{
    return each_entry(pc, show_field);
}

static void print_service_setting(const struct postconf *pc,
                                  const struct master_entry *entry,
                                  const char *name, const char *value)
{
    char *label = mem_printf("%s/%s/%s", entry->name,
                             entry->field[MASTER_TYPE], name);

    if ((pc->options & OPT_EXPAND) != 0 && !name_is_raw(pc, name))
        value = expand_for_service(pc, entry, value);
    print_setting(pc, label, value);
    free(label);
}

/* The names that <entry> sets, each once, sorted. */
static struct texts own_names(struct arena *arena,
                              const struct master_entry *entry)
{
    struct texts names = ARRAY_EMPTY;
    struct hash *seen = hash_new();
    const char *setting;
    size_t position = 0;

    while ((setting = master_entry_next_setting(entry, &position)) != NULL) {
        char *name = arena_strndup(arena, setting, strcspn(setting, "="));
        if (hash_put(seen, name, seen) == NULL)
            ARRAY_ADD(&names, name);
    }
    hash_free(seen, NULL);
    if (names.count > 1)
        qsort(names.items, names.count, sizeof *names.items, text_order);
    return names;
}

static bool show_own_settings(const struct postconf *pc,
                              const struct master_entry *entry,
                              const char *pattern)
{
    struct arena *arena = arena_new();
    struct texts names = own_names(arena, entry);
    bool matched = false;

    for (size_t i = 0; i < names.count; i++)
        if (pattern_matches(pattern, entry, names.items[i])) {
            matched = true;
            print_service_setting(pc, entry, names.items[i],
                                  own_setting(entry, names.items[i]));
        }
    ARRAY_FREE(&names);
    arena_free(arena);
    return matched;
}

/* -PP: what the service does not set, and so has from main.cf. */
static bool show_other_settings(const struct postconf *pc,
                                const struct master_entry *entry,
                                const char *pattern)
{
    struct texts names = all_names(pc);
    bool matched = false;

    for (size_t i = 0; i < names.count; i++) {
        const char *value = config_get_unexpanded(pc->config, names.items[i]);
        if (value == NULL)
            value = service_default(pc, names.items[i]);
        if (own_setting(entry, names.items[i]) != NULL || value == NULL ||
            !pattern_matches(pattern, entry, names.items[i]))
            continue;
        matched = true;
        print_service_setting(pc, entry, names.items[i], value);
    }
    ARRAY_FREE(&names);
    return matched;
}

int show_settings(const struct postconf *pc)
{
    return each_entry(pc, (pc->options & OPT_ALL_SETTINGS) != 0
                              ? show_other_settings
                              : show_own_settings);
}
