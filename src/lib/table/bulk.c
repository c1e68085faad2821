/* SPDX-License-Identifier: ISC
 *
 * bulk.c - records kept in memory until they can be stored in a good order.
 */

#include "bulk.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/log.h"
#include "base/str.h"
#include "internal.h"

enum { MAX_BYTES = 256 << 20 };

struct bulk {
    struct arena *arena; /* owned */
    struct {
        ARRAY_OF(struct bulk_record);
    } records;
    size_t bytes;
    uint32_t next_number;
    const struct text_source *source; /* borrowed; NULL: not known */
};

struct bulk *bulk_new(void)
{
    struct bulk *bulk = mem_zalloc(sizeof(*bulk));

    bulk->arena = arena_new();
    return bulk;
}

void bulk_free(struct bulk *bulk)
{
    if (bulk == NULL)
        return;
    ARRAY_FREE(&bulk->records);
    arena_free(bulk->arena);
    free(bulk);
}

void bulk_set_source(struct bulk *bulk, const struct text_source *source)
{
    bulk->source = source;
}

void bulk_add(struct bulk *bulk, const void *key, size_t key_length,
              const void *value, size_t value_length)
{
    char *copy = arena_alloc(bulk->arena, key_length + value_length);
    struct bulk_record record = {
        .key = copy,
        .value = copy + key_length,
        .key_length = key_length,
        .value_length = value_length,
        .number = bulk->next_number++,
        .line = bulk->source != NULL ? bulk->source->first_line : 0,
    };

    memcpy(copy, key, key_length);
    memcpy(copy + key_length, value, value_length);
    ARRAY_ADD(&bulk->records, record);
    bulk->bytes += key_length + value_length;
}

bool bulk_is_full(const struct bulk *bulk)
{
    return bulk->bytes + bulk->records.count * sizeof(struct bulk_record) >=
           MAX_BYTES;
}

size_t bulk_count(const struct bulk *bulk)
{
    return bulk->records.count;
}

size_t bulk_bytes(const struct bulk *bulk)
{
    return bulk->bytes;
}

static int compare(const void *left, const void *right)
{
    const struct bulk_record *a = left;
    const struct bulk_record *b = right;

    if (a->rank != b->rank)
        return a->rank < b->rank ? -1 : 1;
    uint32_t shorter =
        a->key_length < b->key_length ? a->key_length : b->key_length;
    int order = memcmp(a->key, b->key, shorter);
    if (order != 0)
        return order;
    if (a->key_length != b->key_length)
        return a->key_length < b->key_length ? -1 : 1;
    return a->number < b->number ? -1 : 1;
}

/* The first four bytes as a number: decides most comparisons at once. */
static uint32_t rank_by_key(const void *key, size_t length, uint32_t context)
{
    const unsigned char *bytes = key;
    uint32_t rank = 0;

    (void)context;
    for (size_t i = 0; i < 4; i++)
        rank = rank << 8 | (i < length ? bytes[i] : 0);
    return rank;
}

struct bulk_record *bulk_sort(struct bulk *bulk,
                              uint32_t (*rank)(const void *key, size_t length,
                                               uint32_t context),
                              uint32_t context)
{
    if (rank == NULL)
        rank = rank_by_key;
    for (size_t i = 0; i < bulk->records.count; i++) {
        struct bulk_record *record = &bulk->records.items[i];
        record->rank = rank(record->key, record->key_length, context);
    }
    if (bulk->records.count > 0)
        qsort(bulk->records.items, bulk->records.count,
              sizeof(*bulk->records.items), compare);
    return bulk->records.items;
}

struct duplicate {
    const struct bulk_record *record;
    uint32_t first_line; /* that the key has; 0: not known */
};

static int compare_numbers(const void *left, const void *right)
{
    const struct bulk_record *a = ((const struct duplicate *)left)->record;
    const struct bulk_record *b = ((const struct duplicate *)right)->record;

    return a->number < b->number ? -1 : a->number > b->number;
}

/* The records of one key lie side by side, the one that counts before the
 * others; unless it was in the database already. */
static uint32_t first_line(const struct bulk *bulk, const struct duplicate *d,
                           size_t i)
{
    const struct bulk_record *r = d[i].record;

    if (r == bulk->records.items || r[-1].key_length != r->key_length ||
        memcmp(r[-1].key, r->key, r->key_length) != 0)
        return 0;
    return i > 0 && d[i - 1].record == r - 1 ? d[i - 1].first_line : r[-1].line;
}

void bulk_warn_duplicates(const struct bulk *bulk, const char *table,
                          const struct bulk_record **records, size_t count)
{
    struct str text = STR_EMPTY;
    struct duplicate *d = mem_zalloc((count + 1) * sizeof(*d));

    for (size_t i = 0; i < count; i++) {
        d[i].record = records[i];
        d[i].first_line = first_line(bulk, d, i);
    }
    qsort(d, count, sizeof(*d), compare_numbers);
    for (size_t i = 0; i < count; i++) {
        const struct bulk_record *r = d[i].record;
        str_setf(&text, "%s: duplicate entry: \"%.*s\"", table,
                 (int)strnlen(r->key, r->key_length), r->key);
        if (r->line != 0)
            duplicate_advise(&text, bulk->source->path, r->line,
                             d[i].first_line);
        log_warning("%s", text.data);
    }
    free(d);
    str_fini(&text);
}

void bulk_clear(struct bulk *bulk)
{
    bulk->records.count = 0;
    bulk->bytes = 0;
    arena_reset(bulk->arena);
}
