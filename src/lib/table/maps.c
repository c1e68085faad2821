/* SPDX-License-Identifier: ISC
 *
 * maps.c - an ordered list of tables.
 */

#include "table/maps.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/log.h"
#include "base/text.h"
#include "internal.h"

struct maps_entry {
    char *name;          /* owned */
    struct table *table; /* owned; NULL: <why> it can not be used */
    char *why;           /* owned */
};

struct maps {
    char *title; /* owned */
    struct {
        ARRAY_OF(struct maps_entry);
    } entries;
};

static void add_entry(struct maps *maps, const char *name, unsigned flags)
{
    struct error why = ERROR_NONE;
    struct maps_entry entry = { .name = mem_strdup(name) };

    entry.table = table_open(name, TABLE_READ, flags, &why);
    if (entry.table == NULL)
        entry.why = mem_strdup(why.text);
    ARRAY_ADD(&maps->entries, entry);
}

struct maps *maps_open(const char *title, const char *list, unsigned flags)
{
    struct maps *maps = mem_zalloc(sizeof(*maps));
    struct arena *arena = arena_new();
    char *cursor = arena_strdup(arena, list);

    maps->title = mem_strdup(title);
    for (char *item;
         (item = text_token_braced(&cursor, LIST_SEPARATORS, false)) != NULL;) {
        char *inner = inline_list_strip(arena, item);
        add_entry(maps, inner != NULL ? inner : item, flags);
    }
    arena_free(arena);
    return maps;
}

void maps_close(struct maps *maps)
{
    if (maps == NULL)
        return;
    for (size_t i = 0; i < maps->entries.count; i++) {
        table_close(maps->entries.items[i].table);
        free(maps->entries.items[i].name);
        free(maps->entries.items[i].why);
    }
    ARRAY_FREE(&maps->entries);
    free(maps->title);
    free(maps);
}

bool maps_is_empty(const struct maps *maps)
{
    return maps == NULL || maps->entries.count == 0;
}

static enum answer ask_entry(struct maps *maps, struct maps_entry *entry,
                             const char *key, bool fixed_only,
                             struct str *value)
{
    if (entry->table == NULL) {
        log_warning("%s is unavailable. %s", entry->name, entry->why);
        return FAILED;
    }
    if (fixed_only && table_is_pattern(entry->table))
        return ABSENT;

    enum answer answer = table_get(entry->table, key, value);
    if (answer == FOUND && value->length == 0) {
        log_warning("%s lookup of %s returns an empty string result",
                    maps->title, key);
        log_warning("%s should return NO RESULT in case of NOT FOUND",
                    maps->title);
        return FAILED;
    }
    return answer;
}

enum answer maps_get(struct maps *maps, const char *key, bool fixed_only,
                     struct str *value)
{
    /* An empty key would be an error in some types, a match in others. */
    if (maps_is_empty(maps) || *key == 0)
        return ABSENT;
    for (size_t i = 0; i < maps->entries.count; i++) {
        struct maps_entry *entry = &maps->entries.items[i];
        enum answer answer = ask_entry(maps, entry, key, fixed_only, value);

        if (answer == ABSENT)
            continue;
        if (answer == FAILED)
            log_warning("%s lookup error for \"%s\"", entry->name, key);
        return answer;
    }
    return ABSENT;
}

size_t maps_count(const struct maps *maps)
{
    return maps == NULL ? 0 : maps->entries.count;
}

struct table *maps_table(struct maps *maps, size_t index)
{
    return maps->entries.items[index].table;
}
