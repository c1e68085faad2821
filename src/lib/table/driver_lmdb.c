/* SPDX-License-Identifier: ISC
 *
 * driver_lmdb.c - lmdb:/file, OpenLDAP's LMDB in file.lmdb.
 *
 * The library's own locks are off, as Postfix has them: writers lock the data
 * file exclusively for each transaction, readers share it for each lookup. A
 * transaction shows readers the old table or the new one. When the map is
 * full it is doubled and the transaction made again.
 *
 * The library reads the file through the memory map: where it has been cut
 * short, that is a SIGBUS. A file with less than the pages in use is read with
 * that signal caught. (It may still be whole: the last pages may be ones that
 * were freed before they were ever written.)
 */

#include <errno.h>
#include <lmdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/library.h"
#include "base/lock.h"
#include "base/log.h"
#include "bulk.h"
#include "config.h"
#include "internal.h"
#include "lmdb_guard.h"

#define LMDB_FUNCTIONS(FUNCTION)                                              \
    FUNCTION(mdb_cursor_close)                                                \
    FUNCTION(mdb_cursor_get) FUNCTION(mdb_cursor_open) FUNCTION(mdb_dbi_open) \
        FUNCTION(mdb_del) FUNCTION(mdb_drop) FUNCTION(mdb_env_close)          \
            FUNCTION(mdb_env_create) FUNCTION(mdb_env_get_fd)                 \
                FUNCTION(mdb_env_info) FUNCTION(mdb_env_open)                 \
                    FUNCTION(mdb_env_set_mapsize) FUNCTION(mdb_env_stat)      \
                        FUNCTION(mdb_env_sync)                                \
                        FUNCTION(mdb_get) FUNCTION(mdb_put)                   \
                            FUNCTION(mdb_strerror) FUNCTION(mdb_txn_abort)    \
                                FUNCTION(mdb_txn_begin)                       \
                                    FUNCTION(mdb_txn_commit)
LIBRARY(lmdb, LIBRARY_LMDB, LMDB_FUNCTIONS)

struct lmdb {
    char *name; /* owned; "lmdb:/path" */
    char *path; /* owned; with ".lmdb" */
    enum table_mode mode;
    unsigned flags;
    MDB_env *env;
    MDB_dbi dbi;
    int fd; /* the library's; -1: none */
    struct stat opened;
    bool with_nul, without_nul; /* still to be tried */
    struct str last_key;        /* of a walk, as stored */
    struct bulk *bulk;          /* owned; a build */
};

static bool failed(const struct lmdb *l, const char *what, int failure,
                   struct error *why)
{
    return error_set(why, "%s %s: %s", what, l->path,
                     lmdb.mdb_strerror(failure));
}

static bool lock(const struct lmdb *l, enum lock_kind kind, struct error *why)
{
    return lock_file(l->fd, LOCK_STYLE_FCNTL, kind, DEADLINE_NEVER) ||
           error_set(why, "lock %s: %s", l->path, strerror(errno));
}

static void unlock(const struct lmdb *l)
{
    lock_file(l->fd, LOCK_STYLE_FCNTL, LOCK_KIND_NONE, 0);
}

/* 0 or what went wrong. Another process may have enlarged the file. */
static int begin(struct lmdb *l, unsigned flags, MDB_txn **txn)
{
    int failure = lmdb.mdb_txn_begin(l->env, NULL, flags, txn);

    if (failure != MDB_MAP_RESIZED)
        return failure;
    failure = lmdb.mdb_env_set_mapsize(l->env, 0);
    return failure != 0 ? failure
                        : lmdb.mdb_txn_begin(l->env, NULL, flags, txn);
}

/* ---- Files that were cut short ---- */

enum completeness { WHOLE, SHORT, CUT };

static enum completeness completeness(const struct lmdb *l)
{
    MDB_envinfo info;
    MDB_stat stat;
    struct stat file;

    if (fstat(l->fd, &file) != 0 || lmdb.mdb_env_info(l->env, &info) != 0 ||
        lmdb.mdb_env_stat(l->env, &stat) != 0)
        return CUT;
    if ((uint64_t)file.st_size >=
        ((uint64_t)info.me_last_pgno + 1) * stat.ms_psize)
        return WHOLE;
    return file.st_size % stat.ms_psize == 0 ? SHORT : CUT;
}

/* No page that is counted is missing, after each change of ours. */
static int fill_up(const struct lmdb *l)
{
    MDB_envinfo info;
    MDB_stat stat;

    if (completeness(l) == WHOLE)
        return 0;
    if (lmdb.mdb_env_info(l->env, &info) != 0 ||
        lmdb.mdb_env_stat(l->env, &stat) != 0 ||
        ftruncate(l->fd, ((off_t)info.me_last_pgno + 1) * stat.ms_psize) != 0)
        return errno;
    return 0;
}

/* Read, in a file of whatever length. 0 or what went wrong. */
static int read_safely(const struct lmdb *l, void (*read)(void *argument),
                       void *argument, const int *failure)
{
    switch (completeness(l)) {
    case WHOLE: read(argument); return *failure;
    case SHORT:
        return lmdb_guard(read, argument) ? *failure : MDB_CORRUPTED;
    case CUT: break;
    }
    return MDB_CORRUPTED;
}

/* ---- Open and close ---- */

struct opening {
    struct lmdb *l;
    int failure;
};

static void open_database(void *argument)
{
    struct opening *o = argument;
    struct lmdb *l = o->l;
    MDB_txn *txn;

    o->failure = begin(l, l->mode == TABLE_READ ? MDB_RDONLY : 0, &txn);
    if (o->failure != 0)
        return;
    o->failure = lmdb.mdb_dbi_open(txn, NULL, 0, &l->dbi);
    if (o->failure == 0)
        o->failure = lmdb.mdb_txn_commit(txn);
    else
        lmdb.mdb_txn_abort(txn);
}

static int open_env(struct lmdb *l, const struct table_setup *setup)
{
    bool reads = l->mode == TABLE_READ;
    struct opening opening = { .l = l };
    size_t size = setup->lmdb_map_size;
    struct stat info;

    if (stat(l->path, &info) == 0)
        while (size / 3 < (size_t)info.st_size)
            size *= 2;
    int failure = lmdb.mdb_env_create(&l->env);
    if (failure == 0)
        failure = lmdb.mdb_env_set_mapsize(l->env, size);
    if (failure == 0)
        failure = lmdb.mdb_env_open(
            l->env, l->path,
            MDB_NOSUBDIR | MDB_NOLOCK | (reads ? MDB_RDONLY : 0), 0644);
    if (failure == 0)
        failure = lmdb.mdb_env_get_fd(l->env, &l->fd);
    if (failure != 0)
        return failure;
    lock_file(l->fd, LOCK_STYLE_FCNTL,
              reads ? LOCK_KIND_SHARED : LOCK_KIND_EXCLUSIVE, DEADLINE_NEVER);
    /* Who writes needs to be surer. */
    failure = reads || completeness(l) == WHOLE
                  ? read_safely(l, open_database, &opening, &opening.failure)
                  : MDB_CORRUPTED;
    fstat(l->fd, &l->opened);
    /* One builder at a time; readers go on. */
    if (l->mode == TABLE_CREATE)
        lock_file(l->fd, LOCK_STYLE_FCNTL, LOCK_KIND_SHARED, DEADLINE_NEVER);
    else
        unlock(l);
    return failure;
}

static bool is_damage(int failure)
{
    return failure == MDB_CORRUPTED || failure == MDB_PAGE_NOTFOUND ||
           failure == MDB_INVALID;
}

static void close_env(struct lmdb *l)
{
    if (l->env != NULL)
        lmdb.mdb_env_close(l->env);
    l->env = NULL;
    l->fd = -1;
}

/* A table that is built anew needs nothing of what a damaged file has. */
static int replace_damaged(struct lmdb *l, const struct table_setup *setup)
{
    log_warning("removing damaged database file: %s", l->path);
    close_env(l);
    if (unlink(l->path) != 0)
        return errno;
    return open_env(l, setup);
}

static void lmdb_close(void *instance)
{
    struct lmdb *l = instance;

    close_env(l);
    bulk_free(l->bulk);
    str_fini(&l->last_key);
    free(l->path);
    free(l->name);
    free(l);
}

static void *lmdb_open(const char *name, const struct table_options *options,
                       struct error *why)
{
    if (!lmdb_load(why))
        return NULL;
    struct lmdb *l = mem_zalloc(sizeof(*l));

    l->name = mem_printf("lmdb:%s", name);
    l->path = mem_printf("%s.lmdb", name);
    l->mode = options->mode;
    l->flags = options->flags;
    l->with_nul = !(l->flags & TABLE_WITHOUT_NUL);
    l->without_nul = !(l->flags & TABLE_WITH_NUL);
    l->fd = -1;
    str_init(&l->last_key);
    int failure = open_env(l, options->setup);
    if (l->mode == TABLE_CREATE && is_damage(failure))
        failure = replace_damaged(l, options->setup);
    if (failure != 0) {
        failed(l, "open database", failure, why);
        lmdb_close(l);
        return NULL;
    }
    if (l->mode == TABLE_CREATE)
        l->bulk = bulk_new();
    return l;
}

/* ---- Reading ---- */

static MDB_val value_of(const char *data, size_t length)
{
    return (MDB_val){ .mv_data = (void *)(uintptr_t)data, .mv_size = length };
}

static void copy_out(struct str *out, const MDB_val *from)
{
    const char *data = from->mv_data;
    size_t length = from->mv_size;

    if (length > 0 && data[length - 1] == 0)
        length--;
    str_set_bytes(out, data, length);
}

static int find(struct lmdb *l, MDB_txn *txn, const char *key, MDB_val *data)
{
    size_t length = strlen(key);
    int failure = MDB_NOTFOUND;

    if (l->with_nul) {
        MDB_val name = value_of(key, length + 1);
        failure = lmdb.mdb_get(txn, l->dbi, &name, data);
        if (failure == 0)
            l->without_nul = false;
    }
    /* The library has no empty keys. */
    if (failure == MDB_NOTFOUND && l->without_nul && length > 0) {
        MDB_val name = value_of(key, length);
        failure = lmdb.mdb_get(txn, l->dbi, &name, data);
        if (failure == 0)
            l->with_nul = false;
    }
    /* Nor keys that are too long. */
    return failure == MDB_BAD_VALSIZE ? MDB_NOTFOUND : failure;
}

static enum answer answer_of(const struct lmdb *l, const char *what,
                             int failure, struct error *why)
{
    if (failure == 0)
        return FOUND;
    if (failure == MDB_NOTFOUND)
        return ABSENT;
    failed(l, what, failure, why);
    return FAILED;
}

static bool store_bulk(struct lmdb *l, struct error *why);

struct reading {
    struct lmdb *l;
    const char *key; /* NULL: a walk, from the start if <first> */
    bool first;
    struct str *key_out, *value_out;
    int failure;
};

static void look_up(void *argument)
{
    struct reading *r = argument;
    MDB_txn *txn;
    MDB_val data;

    r->failure = begin(r->l, MDB_RDONLY, &txn);
    if (r->failure != 0)
        return;
    r->failure = find(r->l, txn, r->key, &data);
    if (r->failure == 0)
        copy_out(r->value_out, &data);
    lmdb.mdb_txn_abort(txn);
}

static enum answer read_locked(struct reading *r, void (*read)(void *argument),
                               const char *what, struct error *why)
{
    struct lmdb *l = r->l;

    if (l->bulk != NULL && !store_bulk(l, why))
        return FAILED;
    if (!lock(l, LOCK_KIND_SHARED, why))
        return FAILED;
    int failure = read_safely(l, read, r, &r->failure);
    unlock(l);
    return answer_of(l, what, failure, why);
}

static enum answer lmdb_get(void *instance, const char *key, struct str *value,
                            struct error *why)
{
    struct reading reading = { .l = instance, .key = key, .value_out = value };

    return read_locked(&reading, look_up, "error reading", why);
}

/* A walk goes on behind the last key, so entries may come and go. */
static int step(struct lmdb *l, MDB_txn *txn, bool first, MDB_val *name,
                MDB_val *data)
{
    MDB_cursor *cursor;
    int failure = lmdb.mdb_cursor_open(txn, l->dbi, &cursor);

    if (failure != 0)
        return failure;
    if (first) {
        failure = lmdb.mdb_cursor_get(cursor, name, data, MDB_FIRST);
    } else {
        *name = value_of(l->last_key.data, l->last_key.length);
        failure = lmdb.mdb_cursor_get(cursor, name, data, MDB_SET_RANGE);
        if (failure == 0 && name->mv_size == l->last_key.length &&
            memcmp(name->mv_data, l->last_key.data, name->mv_size) == 0)
            failure = lmdb.mdb_cursor_get(cursor, name, data, MDB_NEXT);
    }
    lmdb.mdb_cursor_close(cursor);
    return failure;
}

static void walk(void *argument)
{
    struct reading *r = argument;
    MDB_txn *txn;
    MDB_val name, data;

    r->failure = begin(r->l, MDB_RDONLY, &txn);
    if (r->failure != 0)
        return;
    r->failure = step(r->l, txn, r->first, &name, &data);
    if (r->failure == 0) {
        copy_out(r->key_out, &name);
        copy_out(r->value_out, &data);
        str_set_bytes(&r->l->last_key, name.mv_data, name.mv_size);
    }
    lmdb.mdb_txn_abort(txn);
}

static enum answer lmdb_next(void *instance, bool first, struct str *key,
                             struct str *value, struct error *why)
{
    struct reading reading = {
        .l = instance, .first = first, .key_out = key, .value_out = value
    };

    return read_locked(&reading, walk, "error seeking", why);
}

/* ---- Writing ---- */

typedef int change(struct lmdb *l, MDB_txn *txn, void *argument);

/* One transaction, exclusively locked; again with more room if it is full. */
static int transact(struct lmdb *l, change *make, void *argument)
{
    MDB_envinfo info;
    int failure;

    do {
        MDB_txn *txn;
        failure = begin(l, 0, &txn);
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
    if (!lock(l, LOCK_KIND_EXCLUSIVE, why))
        return errno;
    int failure = transact(l, make, argument);
    if (failure == 0)
        failure = fill_up(l);
    unlock(l);
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

static bool store_bulk(struct lmdb *l, struct error *why)
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
    return failure == 0 || failed(l, "error writing", failure, why);
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

static enum answer lmdb_put(void *instance, const char *key, const char *value,
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
    failed(l, "error writing", failure, why);
    return FAILED;
}

static enum answer lmdb_put_plain(void *instance, const char *key,
                                  const char *value, struct error *why)
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
    failed(l, "error writing", failure, why);
    return FAILED;
}

static enum answer lmdb_del(void *instance, const char *key, struct error *why)
{
    struct lmdb *l = instance;
    size_t length = strlen(key);
    int failure = MDB_NOTFOUND;

    if (l->bulk != NULL && !store_bulk(l, why))
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
    return answer_of(l, "error writing", failure, why);
}

static void lmdb_set_source(void *instance, const struct text_source *source)
{
    struct lmdb *l = instance;

    if (l->bulk != NULL)
        bulk_set_source(l->bulk, source);
}

static bool lmdb_commit(void *instance, struct error *why)
{
    struct lmdb *l = instance;

    if (l->mode == TABLE_READ)
        return true;
    if (l->bulk != NULL && !store_bulk(l, why))
        return false;
    int failure = lmdb.mdb_env_sync(l->env, 1);
    return failure == 0 || failed(l, "error writing", failure, why);
}

/* A rewritten file is seen at the next lookup; only a removed one is not. */
static bool lmdb_changed(void *instance)
{
    const struct lmdb *l = instance;
    struct stat info;

    return fstat(l->fd, &info) != 0 || info.st_nlink == 0;
}

static enum table_trust lmdb_owner(void *instance, uid_t *owner)
{
    const struct lmdb *l = instance;

    *owner = l->opened.st_uid;
    return *owner == 0 ? TRUST_ROOT : TRUST_OWNER;
}

const struct table_driver driver_lmdb = {
    .type = "lmdb",
    .suffix = ".lmdb",
    .can = TABLE_CAN_CREATE | TABLE_CAN_WRITE | TABLE_CAN_WALK |
           TABLE_IS_SHARED_WRITE,
    .open = lmdb_open,
    .get = lmdb_get,
    .put = lmdb_put,
    .put_plain = lmdb_put_plain,
    .del = lmdb_del,
    .next = lmdb_next,
    .set_source = lmdb_set_source,
    .changed = lmdb_changed,
    .owner = lmdb_owner,
    .commit = lmdb_commit,
    .close = lmdb_close,
};
