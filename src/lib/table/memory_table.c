/* SPDX-License-Identifier: ISC
 *
 * memory_table.c - keys and values in the memory of this process.
 */

#include <stdlib.h>

#include "base/hash.h"
#include "internal.h"

struct memory_table {
    struct hash *entries; /* owned; char *, owned */
    size_t position;
};

struct memory_table *memory_table_new(void)
{
    struct memory_table *table = mem_zalloc(sizeof(*table));

    table->entries = hash_new();
    return table;
}

void memory_table_free(void *instance)
{
    struct memory_table *table = instance;

    hash_free(table->entries, free);
    free(table);
}

bool memory_table_has(const struct memory_table *table, const char *key)
{
    return hash_has(table->entries, key);
}

enum answer memory_table_get(void *instance, const char *key, struct str *value,
                             struct error *why)
{
    const struct memory_table *table = instance;
    const char *found = hash_get(table->entries, key);

    (void)why;
    if (found == NULL)
        return ABSENT;
    str_set(value, found);
    return FOUND;
}

enum answer memory_table_put(void *instance, const char *key, const char *value,
                             struct error *why)
{
    struct memory_table *table = instance;

    (void)why;
    free(hash_put(table->entries, key, mem_strdup(value)));
    return FOUND;
}

enum answer memory_table_del(void *instance, const char *key, struct error *why)
{
    struct memory_table *table = instance;

    (void)why;
    if (!hash_has(table->entries, key))
        return ABSENT;
    free(hash_remove(table->entries, key));
    return FOUND;
}

enum answer memory_table_next(void *instance, bool first, struct str *key,
                              struct str *value, struct error *why)
{
    struct memory_table *table = instance;
    const char *name;
    void *text;

    (void)why;
    if (first)
        table->position = 0;
    if (!hash_next(table->entries, &table->position, &name, &text))
        return ABSENT;
    str_set(key, name);
    str_set(value, text);
    return FOUND;
}
