/* SPDX-License-Identifier: ISC
 *
 * bdb_write.c - writing to a Berkeley DB table, record by record or as a whole
 * in the order of its pages.
 */

#include "bdb_check.h"
#include "bdb_private.h"

#include <stdlib.h>
#include <string.h>

enum { PAGE_BYTES = 4096, PAGE_OVERHEAD = 32, RECORD_OVERHEAD = 6 };

/* Make the buckets at once, a power of two. When the library must add one, it
 * doubles the file, and it does so as soon as some page overflows: hardly ever
 * while pages are two thirds full on average, else nearly always. So begin
 * with that power which leads to the smaller file. */
void bdb_plan_hash(struct bdb *b, size_t records, size_t bytes)
{
    size_t pages =
        (bytes + records * RECORD_OVERHEAD) / (PAGE_BYTES - PAGE_OVERHEAD);

    b->buckets = 1;
    while (b->buckets <= pages && b->buckets < UINT32_MAX / 2)
        b->buckets *= 2;
    if (pages > b->buckets / 3 * 2)
        b->buckets /= 2;
    u_int32_t fill = records / b->buckets + 1;
    b->db->set_pagesize(b->db, PAGE_BYTES);
    /* The library rounds nelem / ffactor up to a power of two, and counts
     * records from nelem on, not from zero. */
    b->db->set_h_ffactor(b->db, 2 * fill);
    b->db->set_h_nelem(b->db, b->buckets * fill + 1);
}

/* False and <why>. bdb_unlock() follows in any case. */
static bool begin_write(struct bdb *b, struct error *why)
{
    if (b->fd < 0)
        return bdb_open_and_lock(b, LOCK_KIND_EXCLUSIVE, why) &&
               bdb_open_db(b, 0, 0, why);
    return bdb_lock(b, LOCK_KIND_EXCLUSIVE, why) &&
           (b->bulk != NULL || bdb_refresh(b, LOCK_KIND_EXCLUSIVE, why));
}

/* 0, DB_KEYEXIST or what went wrong. */
static int store(struct bdb *b, const char *key, size_t key_length,
                 const char *value, size_t value_length, bool replace)
{
    DBT name = { .data = (void *)(uintptr_t)key, .size = key_length };
    /* cppcheck-suppress legacyUninitvar ; a member has its name */
    DBT data = { .data = (void *)(uintptr_t)value, .size = value_length };

    return b->db->put(b->db, NULL, &name, &data, replace ? 0 : DB_NOOVERWRITE);
}

static bool write_failed(struct bdb *b, int failure, struct error *why)
{
    b->failed = true;
    return error_set(why, "error writing %s: %s", b->path,
                     db_strerror(failure));
}

static void set_duplicate(const struct bdb *b, const char *key, size_t length,
                          struct error *why)
{
    error_set(why, "%s: duplicate entry: \"%.*s\"", b->path, (int)length, key);
}

/* Were it another function than that of the library, the order would be bad
 * and the table still good. */
static uint32_t bucket_of(const void *key, size_t length, uint32_t mask)
{
    return bdb_hash(key, length) & mask;
}

static bool store_records(struct bdb *b, const struct bulk_record *records,
                          size_t count, struct error *why)
{
    const struct bulk_record **duplicates =
        mem_alloc((count + 1) * sizeof(*duplicates));
    size_t duplicate_count = 0;
    bool replace = b->flags & TABLE_DUP_REPLACE;
    int failure = 0;

    for (size_t i = 0; i < count && failure == 0; i++) {
        const struct bulk_record *r = &records[i];
        failure =
            store(b, r->key, r->key_length, r->value, r->value_length, replace);
        if (failure == DB_KEYEXIST) {
            duplicates[duplicate_count++] = r;
            failure = 0;
        }
    }
    if (duplicate_count > 0 && !(b->flags & TABLE_DUP_IGNORE))
        bulk_warn_duplicates(b->bulk, b->path, duplicates, duplicate_count);
    free(duplicates);
    return failure == 0 || write_failed(b, failure, why);
}

bool bdb_store_bulk(struct bdb *b, struct error *why)
{
    size_t count = bulk_count(b->bulk);
    size_t bytes = bulk_bytes(b->bulk);

    if (b->db == NULL && !bdb_open_db(b, count, bytes, why))
        return false;
    const struct bulk_record *records =
        b->type == DB_HASH ? bulk_sort(b->bulk, bucket_of, b->buckets - 1)
                           : bulk_sort(b->bulk, NULL, 0);
    bool good = store_records(b, records, count, why);
    bulk_clear(b->bulk);
    return good;
}

enum answer bdb_put(void *instance, const char *key, const char *value,
                    struct error *why)
{
    struct bdb *b = instance;
    size_t nul = b->with_nul;
    size_t length = strlen(key);

    if (b->bulk != NULL) {
        bulk_add(b->bulk, key, length + nul, value, strlen(value) + nul);
        if (bulk_is_full(b->bulk) && !bdb_store_bulk(b, why))
            return FAILED;
        return FOUND;
    }
    if (!begin_write(b, why)) {
        bdb_unlock(b);
        return FAILED;
    }
    int failure = store(b, key, length + nul, value, strlen(value) + nul,
                        b->flags & TABLE_DUP_REPLACE);
    bdb_unlock(b);
    if (failure == 0)
        return FOUND;
    if (failure == DB_KEYEXIST) {
        if (!(b->flags & TABLE_DUP_IGNORE))
            set_duplicate(b, key, length, why);
        return ABSENT;
    }
    write_failed(b, failure, why);
    return FAILED;
}

enum answer bdb_put_plain(void *instance, const char *key, const char *value,
                          struct error *why)
{
    struct bdb *b = instance;

    if (b->bulk != NULL && !bdb_store_bulk(b, why))
        return FAILED;
    if (!begin_write(b, why)) {
        bdb_unlock(b);
        return FAILED;
    }
    int failure = store(b, key, strlen(key), value, strlen(value), true);
    bdb_unlock(b);
    if (failure == 0)
        return FOUND;
    write_failed(b, failure, why);
    return FAILED;
}

static int erase(struct bdb *b, const char *key, size_t length)
{
    DBT name = { .data = (void *)(uintptr_t)key, .size = length };

    return b->db->del(b->db, NULL, &name, 0);
}

enum answer bdb_del(void *instance, const char *key, struct error *why)
{
    struct bdb *b = instance;
    size_t length = strlen(key);
    int failure = DB_NOTFOUND;

    if (b->bulk != NULL && !bdb_store_bulk(b, why))
        return FAILED;
    if (!begin_write(b, why)) {
        bdb_unlock(b);
        return FAILED;
    }
    if (b->with_nul) {
        failure = erase(b, key, length + 1);
        if (failure == 0)
            b->without_nul = false;
    }
    if (failure == DB_NOTFOUND && b->without_nul) {
        failure = erase(b, key, length);
        if (failure == 0)
            b->with_nul = false;
    }
    bdb_unlock(b);
    if (failure == 0)
        return FOUND;
    if (failure == DB_NOTFOUND)
        return ABSENT;
    write_failed(b, failure, why);
    return FAILED;
}

void bdb_set_source(void *instance, const struct text_source *source)
{
    struct bdb *b = instance;

    if (b->bulk != NULL)
        bulk_set_source(b->bulk, source);
}

bool bdb_commit(void *instance, struct error *why)
{
    struct bdb *b = instance;

    if (b->mode == TABLE_READ)
        return true;
    if (b->bulk != NULL && !bdb_store_bulk(b, why))
        return false;
    if (b->failed || b->db == NULL)
        return error_set(why, "error writing %s", b->path);
    int failure = b->db->sync(b->db, 0);
    if (failure != 0)
        return write_failed(b, failure, why);
    return bdb_publish(b, why);
}
