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
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "config.h"
#include "lmdb_guard.h"
#include "lmdb_private.h"

LIBRARY_DEFINE(lmdb, LIBRARY_LMDB, LMDB_FUNCTIONS)

bool lmdb_failed(const struct lmdb *l, const char *what, int failure,
                 struct error *why)
{
    return error_set(why, "%s %s: %s", what, l->path,
                     lmdb.mdb_strerror(failure));
}

enum answer lmdb_answer(const struct lmdb *l, const char *what, int failure,
                        struct error *why)
{
    if (failure == 0)
        return FOUND;
    if (failure == MDB_NOTFOUND)
        return ABSENT;
    lmdb_failed(l, what, failure, why);
    return FAILED;
}

bool lmdb_lock(const struct lmdb *l, enum lock_kind kind, struct error *why)
{
    return lock_file(l->fd, LOCK_STYLE_FCNTL, kind, DEADLINE_NEVER) ||
           error_set(why, "lock %s: %s", l->path, strerror(errno));
}

void lmdb_unlock(const struct lmdb *l)
{
    lock_file(l->fd, LOCK_STYLE_FCNTL, LOCK_KIND_NONE, 0);
}

int lmdb_begin(struct lmdb *l, unsigned flags, MDB_txn **txn)
{
    int failure = lmdb.mdb_txn_begin(l->env, NULL, flags, txn);

    if (failure != MDB_MAP_RESIZED)
        return failure;
    failure = lmdb.mdb_env_set_mapsize(l->env, 0);
    return failure != 0 ? failure
                        : lmdb.mdb_txn_begin(l->env, NULL, flags, txn);
}

/* ---- Files that were cut short ---- */

enum lmdb_completeness lmdb_completeness(const struct lmdb *l)
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

/* Read, in a file of whatever length. 0 or what went wrong. */
static int read_safely(enum lmdb_completeness state,
                       void (*read)(void *argument), void *argument,
                       const int *failure)
{
    switch (state) {
    case WHOLE: read(argument); return *failure;
    case SHORT: return lmdb_guard(read, argument) ? *failure : MDB_CORRUPTED;
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

    o->failure = lmdb_begin(l, l->mode == TABLE_READ ? MDB_RDONLY : 0, &txn);
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
    l->state = lmdb_completeness(l);
    failure = MDB_CORRUPTED;
    if (reads || l->state == WHOLE)
        failure = read_safely(l->state, open_database, &opening,
                              &opening.failure);
    fstat(l->fd, &l->opened);
    /* One builder at a time; readers go on. */
    if (l->mode == TABLE_CREATE)
        lock_file(l->fd, LOCK_STYLE_FCNTL, LOCK_KIND_SHARED, DEADLINE_NEVER);
    else
        lmdb_unlock(l);
    return failure;
}

static bool is_damage(int failure)
{
    return failure == MDB_CORRUPTED || failure == MDB_PAGE_NOTFOUND ||
           failure == MDB_INVALID;
}

static void close_env(struct lmdb *l)
{
    if (l->txn != NULL)
        lmdb.mdb_txn_abort(l->txn);
    l->txn = NULL;
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
        lmdb_failed(l, "open database", failure, why);
        lmdb_close(l);
        return NULL;
    }
    if (l->mode == TABLE_READ)
        warn_of_newer_source(name, ".lmdb", &l->opened);
    if (l->mode == TABLE_CREATE)
        l->bulk = bulk_new();
    return l;
}

/* ---- Reading ---- */

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

struct reading {
    struct lmdb *l;
    const char *key; /* NULL: a walk, from the start if <first> */
    bool first;
    struct str *key_out, *value_out;
    int failure;
};

/* Begin to read if that was not done. 0 or what went wrong. */
static int begin_read(struct lmdb *l)
{
    return l->txn != NULL ? 0 : lmdb_begin(l, MDB_RDONLY, &l->txn);
}

static void end_read(struct lmdb *l)
{
    if (l->txn != NULL)
        lmdb.mdb_txn_abort(l->txn);
    l->txn = NULL;
    lmdb_unlock(l);
}

static void look_up(void *argument)
{
    struct reading *r = argument;
    MDB_val data;

    r->failure = begin_read(r->l);
    if (r->failure == 0)
        r->failure = find(r->l, r->l->txn, r->key, &data);
    if (r->failure == 0)
        set_stored(r->value_out, data.mv_data, data.mv_size);
}

static enum answer read_locked(struct reading *r, void (*read)(void *argument),
                               const char *what, struct error *why)
{
    struct lmdb *l = r->l;

    if (l->bulk != NULL && !lmdb_store_bulk(l, why))
        return FAILED;
    if (l->txn == NULL) {
        if (!lmdb_lock(l, LOCK_KIND_SHARED, why))
            return FAILED;
        l->state = lmdb_completeness(l);
    }
    int failure = read_safely(l->state, read, r, &r->failure);
    if (!l->holds || l->txn == NULL)
        end_read(l);
    return lmdb_answer(l, what, failure, why);
}

static enum answer lmdb_get(void *instance, const char *key, struct str *value,
                            struct error *why)
{
    struct reading reading = { .l = instance, .key = key, .value_out = value };

    return read_locked(&reading, look_up, "error reading", why);
}

static void lmdb_hold(void *instance, bool on)
{
    struct lmdb *l = instance;

    l->holds = on && l->mode == TABLE_READ;
    if (!l->holds && l->txn != NULL)
        end_read(l);
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
    MDB_val name, data;

    r->failure = begin_read(r->l);
    if (r->failure == 0)
        r->failure = step(r->l, r->l->txn, r->first, &name, &data);
    if (r->failure == 0) {
        set_stored(r->key_out, name.mv_data, name.mv_size);
        set_stored(r->value_out, data.mv_data, data.mv_size);
        str_set_bytes(&r->l->last_key, name.mv_data, name.mv_size);
    }
}

static enum answer lmdb_next(void *instance, bool first, struct str *key,
                             struct str *value, struct error *why)
{
    struct reading reading = {
        .l = instance, .first = first, .key_out = key, .value_out = value
    };

    return read_locked(&reading, walk, "error seeking", why);
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

    return file_trust(&l->opened, owner);
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
    .hold = lmdb_hold,
    .close = lmdb_close,
};
