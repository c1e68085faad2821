/* SPDX-License-Identifier: ISC
 *
 * param_index.c - find the row of a parameter by its name.
 */
#include "config/param_index.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/hash.h"
#include "base/str.h"
#include "base/text.h"

struct param_index {
    struct arena *arena; /* owned; entries and twin texts */
    struct hash *by_name;
    struct {
        ARRAY_OF(const struct param_entry *);
    } all;
};

static const struct {
    const char *base, *name, *default_text;
} twins[] = {
#define TWIN(base, name, def) { base, name, def },
#define NO_TWIN(base) { base, NULL, NULL },
#include "config/twins.def"
#undef TWIN
#undef NO_TWIN
};

static const struct {
    const char *name, *instead;
    enum param_fate fate;
    bool is_read; /* in place of <instead>, which may not be set */
} fates[] = {
#define DEPRECATED(name, instead) { name, instead, PARAM_DEPRECATED, false },
#define ALIAS(name, instead) { name, instead, PARAM_ALIAS, false },
#define LOST_ALIAS(name, instead) { name, instead, PARAM_ALIAS, true },
#define RENAMED(name, instead) { name, instead, PARAM_RENAMED, true },
#define REMOVED(name) { name, "", PARAM_REMOVED, false },
#include "config/deprecated.def"
#undef DEPRECATED
#undef ALIAS
#undef LOST_ALIAS
#undef RENAMED
#undef REMOVED
};

enum param_fate param_fate(const char *name, const char **instead)
{
    for (size_t i = 0; i < sizeof fates / sizeof fates[0]; i++)
        if (strcmp(fates[i].name, name) == 0) {
            if (instead != NULL)
                *instead = fates[i].instead;
            return fates[i].fate;
        }
    return PARAM_CURRENT;
}

const char *param_former_name(const char *name)
{
    for (size_t i = 0; i < sizeof fates / sizeof fates[0]; i++)
        if (fates[i].is_read && strcmp(fates[i].instead, name) == 0)
            return fates[i].name;
    return NULL;
}

/* "$smtp_tls_cert_file" as "$lmtp_tls_cert_file". */
static const char *as_lmtp(struct arena *arena, const char *text)
{
    char *copy = arena_strdup(arena, text);
    for (char *at = copy; (at = strstr(at, "smtp_")) != NULL; at++)
        *at = 'l';
    return copy;
}

const char *param_twin(struct arena *arena, const struct param_row *row,
                       const char **default_text)
{
    if (!text_has_prefix(row->name, "smtp_"))
        return NULL;
    for (size_t i = 0; i < sizeof twins / sizeof twins[0]; i++)
        if (strcmp(twins[i].base, row->name) == 0) {
            *default_text = twins[i].default_text;
            return twins[i].name;
        }
    *default_text = as_lmtp(arena, row->default_text);
    return as_lmtp(arena, row->name);
}

static void add(struct param_index *index, const char *name,
                const char *default_text, const struct param_row *row,
                const struct param_group *group)
{
    struct param_entry *entry = ARENA_NEW(index->arena, struct param_entry);

    entry->name = name;
    entry->default_text = default_text;
    entry->row = row;
    entry->group = group;
    hash_put(index->by_name, name, entry);
    ARRAY_ADD(&index->all, entry);
}

static int by_name(const void *a, const void *b)
{
    const struct param_entry *const *left = a;
    const struct param_entry *const *right = b;
    return strcmp((*left)->name, (*right)->name);
}

struct param_index *param_index_new(void)
{
    struct param_index *index = mem_zalloc(sizeof *index);

    index->arena = arena_new();
    index->by_name = hash_new();
    for (size_t g = 0; param_groups[g] != NULL; g++) {
        const struct param_group *group = param_groups[g];
        bool has_twins = strcmp(group->name, "smtp") == 0 ||
                         strcmp(group->name, "tls_client") == 0;
        for (size_t i = 0; i < group->count; i++) {
            const struct param_row *row = &group->rows[i];
            const char *text, *name;
            add(index, row->name, row->default_text, row, group);
            if (has_twins &&
                (name = param_twin(index->arena, row, &text)) != NULL)
                add(index, name, text, row, group);
        }
    }
    qsort(index->all.items, index->all.count, sizeof *index->all.items,
          by_name);
    return index;
}

void param_index_free(struct param_index *index)
{
    if (index == NULL)
        return;
    ARRAY_FREE(&index->all);
    hash_free(index->by_name, NULL);
    arena_free(index->arena);
    free(index);
}

const struct param_entry *param_index_find(const struct param_index *index,
                                           const char *name)
{
    return hash_get(index->by_name, name);
}

const struct param_entry *const *param_index_all(
    const struct param_index *index, size_t *count)
{
    *count = index->all.count;
    return index->all.items;
}
