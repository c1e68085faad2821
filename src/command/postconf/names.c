/* SPDX-License-Identifier: ISC
 *
 * names.c - which parameter names there are.
 *
 * Built in: the rows of the tables. Of a service: <service>_<suffix> for each
 * delivery agent of master.cf. By the user: a name set in main.cf that some
 * other setting uses, as $name, as a restriction class, or as the source of a
 * table (ldap:name makes name_server_host a parameter).
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/hash.h"
#include "base/similar.h"
#include "base/text.h"
#include "config/params.h"
#include "names.h"
#include "postconf.h"

static struct {
    struct arena *arena;
    struct hash *of_services; /* name to its default text */
    struct hash *used;        /* names that occur as $name */
    struct hash *sources;     /* name_suffix of table sources */
} names;

static const struct {
    const char *type, *suffix;
} source_suffixes[] = {
#define TABLE_SOURCE(type, suffix) { type, "_" suffix },
#include "config/table_sources.def"
#undef TABLE_SOURCE
};

/* The agents that the queue manager schedules. */
static bool is_delivery_agent(const char *command)
{
    static const char *const agents[] = { "local", "error", "virtual",
                                          "smtp",  "lmtp",  "pipe" };
    for (size_t i = 0; i < sizeof agents / sizeof agents[0]; i++)
        if (strcmp(command, agents[i]) == 0)
            return true;
    return false;
}

static void add_families(const struct postconf *pc, const char *service,
                         const struct param_row *families)
{
    for (; families->name != NULL; families++) {
        char *name = arena_printf(names.arena, "%s%s", service,
                                  families->name);
        /* local_destination_recipient_limit has a default of its own. */
        const struct param_entry *own =
            param_index_find(config_index(pc->config), name);
        hash_put(names.of_services, name,
                 (void *)(own != NULL ? own->default_text
                                      : families->default_text));
    }
}

static void add_service(const struct postconf *pc,
                        const struct master_entry *entry)
{
    bool runs_commands = strcmp(entry->command, "pipe") == 0 ||
                         strcmp(entry->command, "spawn") == 0;
    bool delivers = is_delivery_agent(entry->command) &&
                    entry->type == MASTER_UNIX;

    for (size_t g = 0; param_groups[g] != NULL; g++) {
        bool of_pipe = strcmp(param_groups[g]->name, "pipe") == 0;
        if (of_pipe ? runs_commands : delivers)
            add_families(pc, entry->name, param_groups[g]->families);
    }
}

bool name_is_raw(const struct postconf *pc, const char *name)
{
    const struct param_entry *entry =
        param_index_find(config_index(pc->config), name);
    return entry != NULL && entry->row->type == PARAM_RAW;
}

void each_use(const char *text, void (*found)(const char *name, void *context),
              void *context)
{
    char name[256];

    while ((text = strchr(text, '$')) != NULL) {
        if (*++text == '$') {
            text++;
            continue;
        }
        text += *text == '{' || *text == '(';
        size_t length = 0;
        while (isalnum((unsigned char)text[length]) || text[length] == '_')
            length++;
        /* ${name{...} is a function. */
        if (length == 0 || length >= sizeof name || text[length] == '{')
            continue;
        memcpy(name, text, length);
        name[length] = '\0';
        found(name, context);
        text += length;
    }
}

static void note_use(const char *name, void *context)
{
    (void)context;
    hash_put(names.used, name, names.used);
}

static void add_source(const char *type, const char *name)
{
    for (size_t i = 0; i < sizeof source_suffixes / sizeof source_suffixes[0];
         i++)
        if (strcmp(source_suffixes[i].type, type) == 0)
            hash_put(names.sources,
                     arena_printf(names.arena, "%s%s", name,
                                  source_suffixes[i].suffix),
                     names.sources);
}

/* "type:name" at any place in <text>; proxy:type:name has one inside. */
static void note_sources(const char *text)
{
    char *cursor = arena_strdup(names.arena, text), *word;

    while ((word = text_token(&cursor, LIST_SEPARATORS "{}")) != NULL) {
        char *colon;
        while ((colon = strchr(word, ':')) != NULL) {
            *colon = '\0';
            if (colon[1] != '/' && colon[1] != '.' && colon[1] != '\0')
                add_source(word, colon + 1);
            word = colon + 1;
        }
    }
}

/* In "ldap:$name", the source is what $name stands for. */
static void note_text(const struct postconf *pc, const char *value)
{
    struct error why = ERROR_NONE;
    const char *expanded = strstr(value, ":$") == NULL
                               ? NULL
                               : config_expand(pc->config, value, &why);

    each_use(value, note_use, NULL);
    note_sources(expanded != NULL ? expanded : value);
}

static void note_value(const struct postconf *pc, const char *name,
                       const char *value)
{
    if (name_is_raw(pc, name))
        note_sources(value);
    else
        note_text(pc, value);
}

static void note_classes(const struct postconf *pc)
{
    const char *text = config_get(pc->config, "smtpd_restriction_classes");
    char *cursor = arena_strdup(names.arena, text), *word;

    while ((word = text_token(&cursor, LIST_SEPARATORS)) != NULL)
        note_use(word, NULL);
}

static void note_main(const struct postconf *pc)
{
    size_t count;
    const char *const *set = config_names(pc->config, &count);

    for (size_t i = 0; i < count; i++)
        note_value(pc, set[i], config_get_raw(pc->config, set[i]));

    const struct param_entry *const *all =
        param_index_all(config_index(pc->config), &count);
    for (size_t i = 0; i < count; i++)
        if (all[i]->default_text != NULL)
            note_value(pc, all[i]->name, all[i]->default_text);
    note_classes(pc);
}

static void note_master(const struct postconf *pc)
{
    for (size_t i = 0; pc->master != NULL && i < pc->master->count; i++) {
        const struct master_entry *entry = &pc->master->entries[i];
        const char *setting;
        size_t position = 0;
        add_service(pc, entry);
        while ((setting = master_entry_next_setting(entry, &position)) !=
               NULL) {
            note_text(pc, strchr(setting, '=') + 1);
        }
    }
}

void names_init(const struct postconf *pc)
{
    names.arena = arena_new();
    names.of_services = hash_new();
    names.used = hash_new();
    names.sources = hash_new();
    note_main(pc);
    note_master(pc);
}

void names_free(void)
{
    if (names.arena == NULL)
        return;
    hash_free(names.of_services, NULL);
    hash_free(names.used, NULL);
    hash_free(names.sources, NULL);
    arena_free(names.arena);
    names.arena = NULL;
}

bool name_is_used(const char *name)
{
    return hash_has(names.used, name) || hash_has(names.sources, name);
}

enum class name_class(const struct postconf *pc, const char *name)
{
    if (hash_has(names.of_services, name))
        return CLASS_SERVICE;
    if (param_index_find(config_index(pc->config), name) != NULL)
        return CLASS_BUILTIN;
    if ((pc->options & OPT_DEFAULTS) == 0 &&
        config_is_set(pc->config, name) && name_is_used(name))
        return CLASS_USER;
    return (enum class)0;
}

const char *service_default(const struct postconf *pc, const char *name)
{
    (void)pc;
    return hash_get(names.of_services, name);
}

/* What Postfix does not have is shown by its name, and where it is set. */
static bool is_listed(const struct postconf *pc,
                      const struct param_entry *entry)
{
    return entry->group != &postwain_param_group ||
           ((pc->options & OPT_DEFAULTS) == 0 &&
            config_is_set(pc->config, entry->name));
}

struct texts all_names(const struct postconf *pc)
{
    struct texts all = ARRAY_EMPTY;
    size_t count, position = 0;
    const char *name;

    const struct param_entry *const *entries =
        param_index_all(config_index(pc->config), &count);
    for (size_t i = 0; i < count; i++)
        if ((pc->classes & CLASS_BUILTIN) != 0 && is_listed(pc, entries[i]) &&
            !hash_has(names.of_services, entries[i]->name))
            ARRAY_ADD(&all, entries[i]->name);
    while (hash_next(names.of_services, &position, &name, NULL))
        if ((pc->classes & CLASS_SERVICE) != 0)
            ARRAY_ADD(&all, name);
    const char *const *set = config_names(pc->config, &count);
    for (size_t i = 0; i < count; i++)
        if ((pc->classes & CLASS_USER) != 0 &&
            name_class(pc, set[i]) == CLASS_USER)
            ARRAY_ADD(&all, set[i]);
    if (all.count > 1)
        qsort(all.items, all.count, sizeof *all.items, text_order);
    return all;
}

const char *name_similar(const struct postconf *pc, const char *name)
{
    struct postconf every = *pc;

    every.classes = CLASS_BUILTIN | CLASS_SERVICE;
    struct texts all = all_names(&every);
    const char *known = similar_word(name, all.items, all.count);
    ARRAY_FREE(&all);
    return known;
}
