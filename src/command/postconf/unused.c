/* SPDX-License-Identifier: ISC
 *
 * unused.c - settings that probably do not do what their author thinks.
 */
#include <ctype.h>
#include <string.h>

#include "base/arena.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/text.h"
#include "names.h"
#include "postconf.h"

struct check {
    const struct postconf *pc;
    const char *path;
    const struct master_entry *entry; /* whose settings these are, or NULL */
    struct hash *told;                /* names that were complained about */
    const struct hash *local;         /* settings of one service, or NULL */
    const char *name;                 /* whose value is looked at */
    bool deprecated;                  /* was there any */
};

/* Warnings end in " -- " and this, behind what Postfix says and programs look
 * for. */
static const char *place(const struct check *check, const char *name)
{
    if (check->entry == NULL)
        return config_where(check->pc->config, name);
    return arena_printf(check->pc->arena, "%s, line %d", check->path,
                        check->entry->line);
}

static bool is_defined(const struct check *check, const char *name)
{
    if (name_class(check->pc, name) != 0 ||
        config_is_set(check->pc->config, name))
        return true;
    return (check->local != NULL && hash_has(check->local, name)) ||
           param_fate(name, NULL) == PARAM_ALIAS;
}

static void tell_undefined(const char *name, void *context)
{
    struct check *check = context;

    if (is_defined(check, name) || hash_has(check->told, name))
        return;
    hash_put(check->told, name, check);
    log_warning("%s: undefined parameter: %s -- %s: set it, or correct the "
                "name",
                check->path, name, place(check, check->name));
}

static void check_uses(struct check *check, const char *name, const char *value)
{
    check->name = name;
    if (!name_is_raw(check->pc, name))
        each_use(value, tell_undefined, check);
}

static void check_comment(const struct check *check, const char *name,
                          const char *value)
{
    const char *hash = value;

    while ((hash = strchr(hash, '#')) != NULL) {
        if (hash > value && isspace((unsigned char)hash[-1])) {
            log_warning("%s: #comment after other text is not allowed: "
                        "%.20s... -- %s: put it on a line of its own",
                        check->path, hash, place(check, name));
            return;
        }
        hash++;
    }
}

/* True if <name> is on its way out, which has been said. */
static bool check_fate(struct check *check, const char *name)
{
    const char *instead = "";
    enum param_fate fate = param_fate(name, &instead);

    if (fate == PARAM_CURRENT)
        return false;
    check->deprecated = true;
    if (fate == PARAM_REMOVED)
        log_warning("%s: support for parameter %s has been removed; instead, "
                    "do not specify -- %s",
                    check->path, name, place(check, name));
    else if (*instead == '\0')
        log_warning("%s: support for parameter \"%s\" will be removed; "
                    "instead, do not specify -- %s",
                    check->path, name, place(check, name));
    else
        log_warning("%s: support for parameter \"%s\" will be removed; "
                    "instead, specify \"%s\" -- %s",
                    check->path, name, instead, place(check, name));
    return true;
}

/* ' (is it "other_name"?)', or nothing. */
static const char *suggestion(const struct postconf *pc, const char *name)
{
    const char *similar = name_similar(pc, name);

    return similar == NULL ? ""
                           : arena_printf(pc->arena, " (is it \"%s\"?)",
                                          similar);
}

static void check_unused(struct check *check, const char *name,
                         const char *value)
{
    if (name_class(check->pc, name) == 0 && !name_is_used(name))
        log_warning("%s: unused parameter: %s=%s -- %s: correct the name%s, "
                    "or remove it",
                    check->path, name, value, place(check, name),
                    suggestion(check->pc, name));
}

static void check_classes(struct check *check)
{
    static const char name[] = "smtpd_restriction_classes";
    struct arena *arena = arena_new();
    char **words =
        text_split(arena, config_get(check->pc->config, name), NULL, NULL);

    check->name = name;
    for (; *words != NULL; words++)
        tell_undefined(*words, check);
    arena_free(arena);
}

static void check_main(struct check *check)
{
    struct config *config = check->pc->config;
    size_t count;
    const char *const *names = config_names(config, &count);

    check->path = check->pc->main_path;
    for (size_t i = 0; i < count; i++)
        check_uses(check, names[i], config_get_raw(config, names[i]));
    check_classes(check);
    if ((check->pc->options & (OPT_SERVICES | OPT_FIELDS | OPT_SETTINGS)) != 0)
        return; /* who looks at master.cf does not ask for this */
    for (size_t i = 0; i < count; i++) {
        const char *value = config_get_raw(config, names[i]);
        check_comment(check, names[i], value);
        if (!check_fate(check, names[i]))
            check_unused(check, names[i], value);
    }
}

/* Call <function> for each -o of <entry>. */
static void each_setting(struct check *check, const struct master_entry *entry,
                         void (*function)(struct check *, const char *name,
                                          const char *value))
{
    struct arena *arena = arena_new();
    const char *setting;
    size_t position = 0;

    while ((setting = master_entry_next_setting(entry, &position)) != NULL) {
        char *name = arena_strdup(arena, setting);
        char *equals = strchr(name, '=');
        *equals = '\0';
        function(check, name, equals + 1);
    }
    arena_free(arena);
}

static void check_setting(struct check *check, const char *name,
                          const char *value)
{
    check_uses(check, name, value);
    if (!check_fate(check, name))
        check_unused(check, name, value);
}

static void note_local(struct check *check, const char *name, const char *value)
{
    (void)value;
    hash_put((struct hash *)check->local, name, check);
}

static void check_master(struct check *check)
{
    const struct master_cf *master = check->pc->master;

    check->path = check->pc->master_path;
    for (size_t i = 0; master != NULL && i < master->count; i++) {
        struct hash *local = hash_new();
        check->entry = &master->entries[i];
        check->local = local;
        each_setting(check, &master->entries[i], note_local);
        each_setting(check, &master->entries[i], check_setting);
        check->entry = NULL;
        check->local = NULL;
        hash_free(local, NULL);
    }
}

void warn_of_doubtful_settings(const struct postconf *pc)
{
    struct check check = { .pc = pc, .told = hash_new() };

    check_main(&check);
    check_master(&check);
    if (check.deprecated)
        log_warning("See https://www.postfix.org/DEPRECATION_README.html for "
                    "details");
    hash_free(check.told, NULL);
}

/* Behind the last slash of service/type/name, or all of it. */
static const char *name_in(const char *argument)
{
    const char *slash = strrchr(argument, '/');

    return slash != NULL ? slash + 1 : argument;
}

/* Where the edit put the name of <argument>. */
static const char *edited_place(const struct postconf *pc,
                                const char *argument)
{
    const char *name = name_in(argument);

    if (name == argument)
        return config_where(pc->config, name);
    for (size_t i = 0; pc->master != NULL && i < pc->master->count; i++) {
        const struct master_entry *entry = &pc->master->entries[i];
        if (pattern_matches(argument, entry, name))
            return arena_printf(pc->arena, "%s, line %d", pc->master_path,
                                entry->line);
    }
    return pc->master_path;
}

static bool is_unknown(const struct postconf *pc, const char *name)
{
    return name_class(pc, name) == 0 && !name_is_used(name) &&
           param_fate(name, NULL) == PARAM_CURRENT;
}

static void warn_of_set_name(const struct postconf *pc, const char *argument)
{
    const char *name = name_in(argument);

    if (is_unknown(pc, name))
        log_warning("%s: unknown parameter %s: no program reads it, and no "
                    "setting refers to it; correct the name%s, or remove it "
                    "with \"postconf -%sX %s\"",
                    edited_place(pc, argument), name, suggestion(pc, name),
                    name == argument ? "" : "P", argument);
}

static void warn_of_absent_name(const struct postconf *pc,
                                const char *argument)
{
    const char *name = name_in(argument);

    if (is_unknown(pc, name))
        log_warning("%s: unknown parameter %s: no program reads it, and it is "
                    "not set, nothing is changed for it; correct the name%s",
                    name == argument ? pc->main_path
                                     : edited_place(pc, argument),
                    name, suggestion(pc, name));
}

void warn_of_unknown_names(const struct postconf *pc)
{
    for (char *const *name = pc->arguments;
         *name != NULL && (pc->options & OPT_EDIT) != 0; name++)
        warn_of_set_name(pc, *name);
    for (size_t i = 0; i < pc->absent.count; i++)
        warn_of_absent_name(pc, pc->absent.items[i]);
}
