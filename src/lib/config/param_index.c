/* SPDX-License-Identifier: ISC
 *
 * param_index.c - find the row of a parameter by its name.
 */
#include "config/param_index.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "base/text.h"

/* Each program makes one at its start, and most ask for a part of it: so it
 * is cheap to make, and sorted only for those who want to see it all. */
struct param_index {
    struct arena *arena; /* owned; all that is below, and twin texts */
    struct param_entry *entries;
    size_t count;
    uint16_t *slots; /* by hash of the name: an entry's number + 1; 0: free */
    size_t slot_count; /* a power of two */
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

/* Names come from tables of our own: nobody can make them collide. */
static uint32_t hash_name(const char *name)
{
    uint32_t hashed = 2166136261U;

    for (; *name != '\0'; name++)
        hashed = (hashed ^ (unsigned char)*name) * 16777619U;
    return hashed;
}

/* Where <name> is, or would be. */
static uint16_t *find_slot(const struct param_index *index, const char *name)
{
    size_t mask = index->slot_count - 1;

    for (size_t at = hash_name(name) & mask;; at = (at + 1) & mask) {
        uint16_t *slot = &index->slots[at];
        if (*slot == 0 || strcmp(index->entries[*slot - 1].name, name) == 0)
            return slot;
    }
}

static void add(struct param_index *index, const char *name,
                const char *default_text, const struct param_row *row,
                const struct param_group *group)
{
    index->entries[index->count++] = (struct param_entry) {
        .name = name, .default_text = default_text, .row = row,
        .group = group };
    *find_slot(index, name) = (uint16_t)index->count;
}

static void add_group(struct param_index *index,
                      const struct param_group *group)
{
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

struct param_index *param_index_new(void)
{
    struct param_index *index = mem_zalloc(sizeof *index);
    size_t rows = 0;

    for (size_t g = 0; param_groups[g] != NULL; g++)
        rows += param_groups[g]->count;
    index->slot_count = 1;
    while (index->slot_count < 4 * rows) /* a row may have a twin */
        index->slot_count *= 2;
    index->arena = arena_new();
    index->entries = arena_alloc(index->arena,
                                 2 * rows * sizeof *index->entries);
    index->slots = arena_array(index->arena, index->slot_count,
                               sizeof *index->slots);
    for (size_t g = 0; param_groups[g] != NULL; g++)
        add_group(index, param_groups[g]);
    return index;
}

void param_index_free(struct param_index *index)
{
    if (index == NULL)
        return;
    arena_free(index->arena);
    free(index);
}

const struct param_entry *param_index_find(const struct param_index *index,
                                           const char *name)
{
    uint16_t number = *find_slot(index, name);
    return number == 0 ? NULL : &index->entries[number - 1];
}

static int by_name(const void *a, const void *b)
{
    const struct param_entry *const *left = a;
    const struct param_entry *const *right = b;
    return strcmp((*left)->name, (*right)->name);
}

const struct param_entry *const *param_index_all(
    const struct param_index *index, size_t *count)
{
    const struct param_entry **sorted =
        arena_array(index->arena, index->count, sizeof *sorted);

    for (size_t i = 0; i < index->count; i++)
        sorted[i] = &index->entries[i];
    qsort(sorted, index->count, sizeof *sorted, by_name);
    *count = index->count;
    return sorted;
}
