/* SPDX-License-Identifier: ISC
 *
 * bulk.h - records kept in memory until they can be stored in a good order.
 *
 * A database that is filled in the order of its pages writes each page once.
 */
#ifndef TABLE_BULK_H
#define TABLE_BULK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "table/text_source.h"

struct bulk_record {
    const char *key, *value;
    uint32_t key_length, value_length;
    uint32_t rank;   /* of the key's place in the database */
    uint32_t number; /* in the order of input */
    uint32_t line;   /* of the source; 0: not known */
};

struct bulk;

struct bulk *bulk_new(void);
void bulk_free(struct bulk *bulk); /* NULL allowed */
/* What is added comes from the line that <source> has at that time. */
void bulk_set_source(struct bulk *bulk, const struct text_source *source);
/* Both are copied. */
void bulk_add(struct bulk *bulk, const void *key, size_t key_length,
              const void *value, size_t value_length);
/* Enough for one round: 256 MB. */
bool bulk_is_full(const struct bulk *bulk);
size_t bulk_count(const struct bulk *bulk);
size_t bulk_bytes(const struct bulk *bulk); /* of keys and values */
/* Sort by rank(key), then key, then input order. <rank> NULL: by the first
 * bytes of the key, so by key. The records belong to <bulk>. */
struct bulk_record *bulk_sort(struct bulk *bulk,
                              uint32_t (*rank)(const void *key, size_t length,
                                               uint32_t context),
                              uint32_t context);
/* Log 'TABLE: duplicate entry: "key"', and both lines, for each, in the order
 * of input. <records> are those of bulk_sort, in its order, that were not
 * stored. */
void bulk_warn_duplicates(const struct bulk *bulk, const char *table,
                          const struct bulk_record **records, size_t count);
/* Forget all records; numbers go on. */
void bulk_clear(struct bulk *bulk);

#endif
