/* SPDX-License-Identifier: ISC
 *
 * lmdb_write.c - changes of an LMDB table, each a transaction.
 */

#include "lmdb_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"

/* No page that is counted is missing, after each change of ours. */
static int fill_up(const struct lmdb *l)
{
    MDB_envinfo info;
    MDB_stat stat;

    if (lmdb_completeness(l) == WHOLE)
        return 0;
    if (lmdb.mdb_env_info(l->env, &info) != 0 ||
        lmdb.mdb_env_stat(l->env, &stat) != 0 ||
        ftruncate(l->fd, ((off_t)info.me_last_pgno + 1) * stat.ms_psize) != 0)
        return errno;
    return 0;
}

typedef int change(struct lmdb *l, MDB_txn *txn, void *argument);

/* One transaction, exclusively locked; again with more room if it is full. */
static int transact(struct lmdb *l, change *make, void *argument)
{
    MDB_envinfo info;
    int failure;

    do {
        MDB_txn *txn;
        failure = lmdb_begin(l, 0, &txn);
        if (failure != 0)
            return failure;
        failure = make(l, txn, argument);
        if (failure == 0)
            failure = lmdb.mdb_txn_commit(txn);
        else
            lmdb.mdb_txn_abort(txn);
        if (failure == MDB_MAP_FULL) {
            lmdb.mdb_env_info(l->env, &info);
            int resized = lmdb.mdb_env_set_mapsize(l->env, info.me_mapsize * 2);
            if (resized != 0)
                return resized;
        }
    } while (failure == MDB_MAP_FULL);
    return failure;
}

static int transact_locked(struct lmdb *l, change *make, void *argument,
                           struct error *why)
{
    if (!lmdb_lock(l, LOCK_KIND_EXCLUSIVE, why))
        return errno;
    int failure = transact(l, make, argument);
    if (failure == 0)
        failure = fill_up(l);
    lmdb_unlock(l);
    return failure;
}

struct records {
    const struct bulk_record *items;
    size_t count;
    const struct bulk_record **duplicates;
    size_t duplicate_count;
};

/* Everything anew. The order is the library's, so pages are filled one after
 * the other. */
static int replace_all(struct lmdb *l, MDB_txn *txn, void *argument)
{
    struct records *records = argument;
    int failure = lmdb.mdb_drop(txn, l->dbi, 0);

    records->duplicate_count = 0;
    for (size_t i = 0; i < records->count && failure == 0; i++) {
        const struct bulk_record *r = &records->items[i];
        MDB_val name = value_of(r->key, r->key_length);
        MDB_val data = value_of(r->value, r->value_length);

        failure =
            lmdb.mdb_put(txn, l->dbi, &name, &data,
                         l->flags & TABLE_DUP_REPLACE ? 0 : MDB_NOOVERWRITE);
        if (failure == MDB_KEYEXIST) {
            records->duplicates[records->duplicate_count++] = r;
            failure = 0;
        } else if (failure == MDB_BAD_VALSIZE) {
            log_warning("%s: key \"%.100s\" is too long: skipping this entry",
                        l->name, r->key);
            failure = 0;
        }
    }
    return failure;
}

bool lmdb_store_bulk(struct lmdb *l, struct error *why)
{
    struct records records = { .count = bulk_count(l->bulk) };

    records.items = bulk_sort(l->bulk, NULL, 0);
    records.duplicates =
        mem_alloc((records.count + 1) * sizeof(*records.duplicates));
    int failure = transact_locked(l, replace_all, &records, why);
    if (records.duplicate_count > 0 && !(l->flags & TABLE_DUP_IGNORE))
        bulk_warn_duplicates(l->bulk, l->name, records.duplicates,
                             records.duplicate_count);
    free(records.duplicates);
    bulk_free(l->bulk);
    l->bulk = NULL;
    return failure == 0 || lmdb_failed(l, "error writing", failure, why);
}

struct entry {
    MDB_val key, value;
    unsigned flags;
};

static int put_entry(struct lmdb *l, MDB_txn *txn, void *argument)
{
    struct entry *entry = argument;

    return lmdb.mdb_put(txn, l->dbi, &entry->key, &entry->value, entry->flags);
}

static int delete_entry(struct lmdb *l, MDB_txn *txn, void *argument)
{
    return lmdb.mdb_del(txn, l->dbi, &((struct entry *)argument)->key, NULL);
}

enum answer lmdb_put(void *instance, const char *key, const char *value,
                     struct error *why)
{
    struct lmdb *l = instance;
    size_t nul = l->with_nul;
    size_t length = strlen(key);

    if (l->bulk != NULL) {
        bulk_add(l->bulk, key, length + nul, value, strlen(value) + nul);
        return FOUND;
    }
    struct entry entry = {
        .key = value_of(key, length + nul),
        .value = value_of(value, strlen(value) + nul),
        .flags = l->flags & TABLE_DUP_REPLACE ? 0 : MDB_NOOVERWRITE,
    };
    int failure = transact_locked(l, put_entry, &entry, why);
    if (failure == MDB_KEYEXIST) {
        if (!(l->flags & TABLE_DUP_IGNORE))
            error_set(why, "%s: duplicate entry: \"%s\"", l->name, key);
        return ABSENT;
    }
    if (failure == 0)
        return FOUND;
    lmdb_failed(l, "error writing", failure, why);
    return FAILED;
}

enum answer lmdb_put_plain(void *instance, const char *key, const char *value,
                           struct error *why)
{
    struct lmdb *l = instance;
    struct entry entry = { .key = value_of(key, strlen(key)),
                           .value = value_of(value, strlen(value)) };

    if (l->bulk != NULL) {
        bulk_add(l->bulk, key, strlen(key), value, strlen(value));
        return FOUND;
    }
    int failure = transact_locked(l, put_entry, &entry, why);
    if (failure == 0)
        return FOUND;
    lmdb_failed(l, "error writing", failure, why);
    return FAILED;
}

enum answer lmdb_del(void *instance, const char *key, struct error *why)
{
    struct lmdb *l = instance;
    size_t length = strlen(key);
    int failure = MDB_NOTFOUND;

    if (l->bulk != NULL && !lmdb_store_bulk(l, why))
        return FAILED;
    if (l->with_nul) {
        struct entry entry = { .key = value_of(key, length + 1) };
        failure = transact_locked(l, delete_entry, &entry, why);
        if (failure == 0)
            l->without_nul = false;
    }
    if (failure == MDB_NOTFOUND && l->without_nul && length > 0) {
        struct entry entry = { .key = value_of(key, length) };
        failure = transact_locked(l, delete_entry, &entry, why);
        if (failure == 0)
            l->with_nul = false;
    }
    return lmdb_answer(l, "error writing", failure, why);
}

void lmdb_set_source(void *instance, const struct text_source *source)
{
    struct lmdb *l = instance;

    if (l->bulk != NULL)
        bulk_set_source(l->bulk, source);
}

bool lmdb_commit(void *instance, struct error *why)
{
    struct lmdb *l = instance;

    if (l->mode == TABLE_READ)
        return true;
    if (l->bulk != NULL && !lmdb_store_bulk(l, why))
        return false;
    int failure = lmdb.mdb_env_sync(l->env, 1);
    return failure == 0 || lmdb_failed(l, "error writing", failure, why);
}
