/* SPDX-License-Identifier: ISC
 *
 * cdb_search.c - look for keys in a cdb file, and for damage on the way.
 *
 * A file begins with the places and sizes of 256 tables of slots. Then come
 * the records, and at the end those tables. A slot is the hash of a key and
 * the place of its record, or zeros; each builder makes two of them a record,
 * so that searches end.
 */
#include "cdb_search.h"

#include <limits.h>
#include <stdint.h>
#include <string.h>

enum { PAIR_BYTES = 8, FIRST_RECORD = CDB_TABLES * PAIR_BYTES };

struct pair {
    unsigned first, second;
};

static unsigned number_at(const unsigned char *bytes)
{
    return (unsigned)bytes[0] | (unsigned)bytes[1] << 8 |
           (unsigned)bytes[2] << 16 | (unsigned)bytes[3] << 24;
}

static struct pair pair_at(const unsigned char *bytes)
{
    return (struct pair){ number_at(bytes), number_at(bytes + 4) };
}

bool cdb_is_whole(const struct cdb *db, size_t size)
{
    const unsigned char *tables = cdb_get(db, FIRST_RECORD, 0);
    size_t first_slot = size;
    size_t end = 0;
    size_t bytes = 0;

    if (tables == NULL)
        return false;
    for (unsigned i = 0; i < CDB_TABLES; i++) {
        struct pair table = pair_at(tables + (size_t)i * PAIR_BYTES);
        size_t length = (size_t)table.second * PAIR_BYTES;
        if (length == 0)
            continue;
        first_slot = table.first < first_slot ? table.first : first_slot;
        end = table.first + length > end ? table.first + length : end;
        bytes += length;
    }
    /* A builder that replaced records may leave something at the end. */
    return bytes == 0 ? size == FIRST_RECORD
                      : first_slot >= FIRST_RECORD &&
                            first_slot + bytes == end && end <= size;
}

/* The slots for <hash>, <count> of them. NULL: not in the file. */
static const unsigned char *slots_for(const struct cdb *db, unsigned hash,
                                      unsigned *count)
{
    const unsigned char *at =
        cdb_get(db, PAIR_BYTES, hash % CDB_TABLES * PAIR_BYTES);

    if (at == NULL)
        return NULL;
    struct pair table = pair_at(at);
    *count = table.second;
    return table.second > UINT_MAX / PAIR_BYTES
               ? NULL
               : cdb_get(db, table.second * PAIR_BYTES, table.first);
}

static bool has_all_slots(const unsigned char *slots, unsigned count)
{
    unsigned used = 0;

    for (unsigned i = 0; i < count; i++)
        if (pair_at(slots + (size_t)i * PAIR_BYTES).second != 0)
            used++;
    return used >= count / 2;
}

struct record {
    const void *key, *value;
    unsigned key_length, value_length;
};

static bool record_at(const struct cdb *db, unsigned at, struct record *r)
{
    const unsigned char *lengths = cdb_get(db, PAIR_BYTES, at);

    if (lengths == NULL)
        return false;
    r->key_length = number_at(lengths);
    r->value_length = number_at(lengths + 4);
    r->key = cdb_get(db, r->key_length, at + PAIR_BYTES);
    r->value = r->key == NULL ? NULL
                              : cdb_get(db, r->value_length,
                                        at + PAIR_BYTES + r->key_length);
    return r->value != NULL;
}

/* The slot has the hash of the key. A record of another hash is no record. */
static enum answer compare(const struct cdb *db, unsigned at, unsigned hash,
                           const char *key, size_t length, struct record *r)
{
    if (!record_at(db, at, r))
        return FAILED;
    if (r->key_length == length && memcmp(r->key, key, length) == 0)
        return FOUND;
    return cdb_hash(r->key, r->key_length) == hash ? ABSENT : FAILED;
}

/* FAILED also if there is no empty slot. */
static enum answer probe(const struct cdb *db, const unsigned char *slots,
                         unsigned count, unsigned hash, const char *key,
                         size_t length, struct record *r)
{
    for (unsigned i = 0; i < count; i++) {
        unsigned at = (unsigned)((hash / CDB_TABLES + (uint64_t)i) % count);
        struct pair slot = pair_at(slots + (size_t)at * PAIR_BYTES);
        if (slot.second == 0)
            return ABSENT;
        if (slot.first != hash)
            continue;
        enum answer answer = compare(db, slot.second, hash, key, length, r);
        if (answer != ABSENT)
            return answer;
    }
    return count == 0 ? ABSENT : FAILED;
}

enum answer cdb_search(struct cdb_search *s, const char *key, size_t length,
                       const void **value, size_t *value_length)
{
    unsigned hash = cdb_hash(key, (unsigned)length);
    bool *is_whole = &s->is_whole[hash % CDB_TABLES];
    struct record record;
    unsigned count;
    const unsigned char *slots = slots_for(s->db, hash, &count);

    if (slots == NULL)
        return FAILED;
    enum answer answer = probe(s->db, slots, count, hash, key, length, &record);
    if (answer == FOUND) {
        *value = record.value;
        *value_length = record.value_length;
    }
    if (answer == ABSENT && !*is_whole) {
        *is_whole = has_all_slots(slots, count);
        return *is_whole ? ABSENT : FAILED;
    }
    return answer;
}
