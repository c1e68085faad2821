/* SPDX-License-Identifier: ISC
 *
 * driver_bdb.c - hash:/file and btree:/file, Berkeley DB tables in file.db.
 *
 * Readers and writers of one file, ours and Postfix's, meet at its flock: a
 * builder holds it exclusively from start to end, a reader shares it for each
 * lookup. Under that lock a reader first asks whether the file has changed
 * since it was opened, and opens it again if so: pages in the cache must never
 * be mixed with those of another version.
 *
 * A table is built, and by postmap also updated, beside the old one, as
 * file.db.tmp, and takes its name when it is complete and on disk: whatever
 * ends a build, kill -9 or a full disk, the old table stays. Daemons that have
 * the old file open notice that its name is gone. Only where no file can be
 * made beside it, or the old one has several names, is it rewritten in place,
 * with all records at hand.
 *
 * A table that fits the cache is read into it as a whole after a few lookups.
 * It is then a consistent copy of one version, and a lookup needs no lock, but
 * only to ask, at most once a clock tick, whether that version still counts.
 *
 * Keys and values have a terminating NUL or not; the first hit decides.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "bdb_check.h"
#include "bdb_private.h"

enum {
    LOOKUPS_BEFORE_LOADING = 16,
    SETTLED_S = 2, /* older changes have a time stamp of their own */
};

/* ---- Opening ---- */

static void ignore_message(const DB_ENV *env, const char *prefix,
                           const char *message)
{
    (void)env;
    (void)prefix;
    if (log_verbose() > 0)
        log_info("Berkeley DB: %s", message);
}

static bool same_version(const struct stat *a, const struct stat *b)
{
    return a->st_ino == b->st_ino && a->st_dev == b->st_dev &&
           a->st_size == b->st_size && a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
           a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

static void close_db(struct bdb *b)
{
    if (b->cursor != NULL)
        b->cursor->c_close(b->cursor);
    b->cursor = NULL;
    if (b->db != NULL)
        b->db->close(b->db, b->mode == TABLE_READ ? DB_NOSYNC : 0);
    b->db = NULL;
    b->in_memory = b->too_large = b->is_whole = false;
    b->lookups = 0;
}

bool bdb_open_db(struct bdb *b, size_t records, size_t bytes, struct error *why)
{
    bool build = b->mode == TABLE_CREATE;
    long cache =
        build ? b->setup->bdb_create_buffer : b->setup->bdb_read_buffer;
    u_int32_t flags = b->mode == TABLE_READ ? DB_RDONLY
                      : build               ? DB_CREATE | DB_TRUNCATE
                                            : DB_CREATE;

    if (!build && !bdb_file_is_whole(b->fd))
        return error_set(why, "open database %s: Invalid argument", b->path);
    int failure = db_create(&b->db, NULL, 0);
    if (failure != 0)
        return error_set(why, "open database %s: %s", b->path,
                         db_strerror(failure));
    b->db->set_errcall(b->db, ignore_message);
    b->db->set_cachesize(b->db, 0, cache, 1);
    if (build && b->type == DB_HASH && records > 0)
        bdb_plan_hash(b, records, bytes);
    else if (b->type == DB_HASH)
        b->db->set_h_nelem(b->db, BDB_FIRST_COUNT);
    const char *path = b->new_path != NULL ? b->new_path : b->path;
    failure = b->db->open(b->db, NULL, path, NULL, b->type, flags, 0644);
    if (failure != 0) {
        b->db->close(b->db, DB_NOSYNC);
        b->db = NULL;
        return error_set(why, "open database %s: %s", b->path,
                         db_strerror(failure));
    }
    fstat(b->fd, &b->opened);
    return true;
}

/* A table that is written record by record begins empty. */
static bool make_empty_table(struct bdb *b, struct error *why)
{
    if (!bdb_make_new_file(b, NULL, why))
        return false;
    /* Another process may have been faster. */
    bool exists = access(b->path, F_OK) == 0;
    bool good = exists || bdb_open_db(b, 0, 0, why);
    close_db(b);
    good = exists || (good && bdb_publish(b, why));
    bdb_drop_new_file(b);
    return good;
}

static void bdb_close(void *instance)
{
    struct bdb *b = instance;

    close_db(b);
    bulk_free(b->bulk);
    bdb_drop_new_file(b);
    free(b->path);
    free(b->name);
    free(b);
}

static bool start_build(struct bdb *b, struct error *why)
{
    struct stat old;

    bdb_remove_if_empty(b);
    b->bulk = bulk_new();
    bool exists = stat(b->path, &old) == 0;
    bool in_place = exists && old.st_nlink > 1;
    bool done = !in_place && bdb_make_new_file(b, exists ? &old : NULL, why);
    /* Whoever may not do that may still write the old file. */
    if (in_place || (!done && exists &&
                     (errno == EACCES || errno == EPERM || errno == EROFS)))
        done = bdb_open_and_lock(b, LOCK_KIND_EXCLUSIVE, why);
    b->keeps_lock = done;
    return done;
}

/* A copy, so that the old table stays if the disk is full. False and errno. */
static bool start_copy(struct bdb *b, struct error *why)
{
    struct stat old;

    if (stat(b->path, &old) != 0)
        return false;
    if (old.st_nlink > 1) {
        errno = EPERM;
        return false;
    }
    return bdb_copy_to_new_file(b, &old, why);
}

static bool start_update(struct bdb *b, struct error *why)
{
    bdb_remove_if_empty(b);
    if (b->flags & TABLE_BULK) {
        b->keeps_lock = start_copy(b, why);
        if (b->keeps_lock)
            return bdb_open_db(b, 0, 0, why);
        if (errno != ENOENT && errno != EACCES && errno != EPERM &&
            errno != EROFS)
            return false;
    }
    bool exists = bdb_open_and_lock(b, LOCK_KIND_EXCLUSIVE, why);
    if (!exists && (errno != ENOENT || !make_empty_table(b, why) ||
                    !bdb_open_and_lock(b, LOCK_KIND_EXCLUSIVE, why)))
        return false;
    bool done = bdb_open_db(b, 0, 0, why);
    b->keeps_lock = b->flags & TABLE_BULK;
    bdb_unlock(b);
    return done;
}

static bool start_read(struct bdb *b, struct error *why)
{
    bool done = bdb_open_and_lock(b, LOCK_KIND_SHARED, why) &&
                bdb_open_db(b, 0, 0, why);

    bdb_unlock(b);
    return done;
}

static bool start(struct bdb *b, struct error *why)
{
    switch (b->mode) {
    case TABLE_CREATE: return start_build(b, why);
    case TABLE_UPDATE: return start_update(b, why);
    case TABLE_READ: return start_read(b, why);
    }
    return false;
}

static void *bdb_open(const char *name, DBTYPE type,
                      const struct table_options *options, struct error *why)
{
    struct bdb *b = mem_zalloc(sizeof(*b));

    b->name = mem_printf("%s:%s", options->type, name);
    b->path = mem_printf("%s.db", name);
    b->type = type;
    b->setup = options->setup;
    b->mode = options->mode;
    b->flags = options->flags;
    b->with_nul = !(b->flags & TABLE_WITHOUT_NUL);
    b->without_nul = !(b->flags & TABLE_WITH_NUL);
    b->fd = b->old_fd = -1;
    if (!start(b, why)) {
        bdb_close(b);
        return NULL;
    }
    b->first = b->opened;
    if (b->mode == TABLE_READ)
        warn_of_newer_source(name, ".db", &b->opened);
    return b;
}

static void *hash_open(const char *name, const struct table_options *options,
                       struct error *why)
{
    return bdb_open(name, DB_HASH, options, why);
}

static void *btree_open(const char *name, const struct table_options *options,
                        struct error *why)
{
    return bdb_open(name, DB_BTREE, options, why);
}

/* ---- Reading ---- */

/* Read all pages into the cache. They stay there if nothing had to leave for
 * them; then no later lookup touches the file. */
static void load(struct bdb *b)
{
    void *summary = NULL;
    DB_MPOOL_STAT *pool = NULL;
    DB_ENV *env = b->db->get_env(b->db);

    if (b->too_large || b->opened.st_mtime > time(NULL) - SETTLED_S)
        return;
    /* The library makes the cache a quarter larger than it was told. */
    if (b->opened.st_size > b->setup->bdb_read_buffer / 4 * 5) {
        b->too_large = true;
        return;
    }
    if (b->db->stat(b->db, NULL, &summary, 0) == 0 && env != NULL &&
        env->memp_stat(env, &pool, NULL, 0) == 0)
        b->in_memory = pool->st_ro_evict == 0 && pool->st_rw_evict == 0;
    b->too_large = !b->in_memory;
    free(summary);
    free(pool);
}

/* Does the copy in memory still count? */
static bool copy_is_current(struct bdb *b)
{
    struct timespec now;
    struct stat info;

    clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    if (now.tv_nsec == b->asked.tv_nsec && now.tv_sec == b->asked.tv_sec)
        return true;
    if (fstat(b->fd, &info) != 0 || !same_version(&info, &b->opened) ||
        info.st_nlink == 0)
        return false;
    b->asked = now;
    return true;
}

static bool is_stale(const struct bdb *b)
{
    struct stat info;

    if (b->db == NULL)
        return true;
    if (b->cursor != NULL || b->mode == TABLE_CREATE)
        return false;
    return fstat(b->fd, &info) != 0 || info.st_nlink == 0 ||
           (b->mode == TABLE_READ && !same_version(&info, &b->opened));
}

/* Root may have opened for us what we cannot open again, as ordinary user or
 * in a chroot. The old table, which is complete, then serves until this process
 * is replaced by one that has the new one. */
static bool must_keep_old(const struct bdb *b)
{
    struct stat info;

    if (b->mode != TABLE_READ || b->db == NULL || fstat(b->fd, &info) != 0 ||
        info.st_nlink != 0 || !same_version(&info, &b->opened))
        return false;
    int fd = open(b->path, O_RDONLY | O_CLOEXEC);
    if (fd >= 0)
        close(fd);
    return fd < 0 && (errno == EACCES || errno == EPERM || errno == ENOENT);
}

bool bdb_refresh(struct bdb *b, enum lock_kind kind, struct error *why)
{
    if (!is_stale(b) || must_keep_old(b))
        return true;
    close_db(b);
    bdb_unlock(b);
    bdb_close_file(b);
    return bdb_open_and_lock(b, kind, why) && bdb_open_db(b, 0, 0, why);
}

/* False and <why>. bdb_unlock() follows in any case. */
static bool begin_read(struct bdb *b, struct error *why)
{
    if (b->holds && b->has_lock && b->db != NULL)
        return true;
    if (b->in_memory && copy_is_current(b))
        return true;
    b->in_memory = false;
    if (b->fd < 0)
        return bdb_open_and_lock(b, LOCK_KIND_SHARED, why) &&
               bdb_open_db(b, 0, 0, why);
    return bdb_lock(b, LOCK_KIND_SHARED, why) &&
           bdb_refresh(b, LOCK_KIND_SHARED, why);
}

static int fetch(struct bdb *b, const char *key, size_t length, DBT *value)
{
    DBT name = { .data = (void *)(uintptr_t)key, .size = length };

    memset(value, 0, sizeof(*value));
    return b->db->get(b->db, NULL, &name, value, 0);
}

static bool lacks_records(struct bdb *b)
{
    if (b->type != DB_HASH || b->mode != TABLE_READ || b->is_whole)
        return false;
    b->is_whole = bdb_hash_is_whole(b->db);
    return !b->is_whole;
}

/* May a key that was not found have been there? */
static bool is_lost(struct bdb *b, const char *key, size_t length)
{
    return b->type == DB_HASH && !b->is_whole &&
           bdb_hash_has_gap(b->db, key, length) && lacks_records(b);
}

static enum answer find(struct bdb *b, const char *key, struct str *value,
                        struct error *why)
{
    size_t length = strlen(key);
    int failure = DB_NOTFOUND;
    DBT data;

    if (b->with_nul) {
        failure = fetch(b, key, length + 1, &data);
        if (failure == 0)
            b->without_nul = false;
    }
    if (failure == DB_NOTFOUND && b->without_nul) {
        failure = fetch(b, key, length, &data);
        if (failure == 0)
            b->with_nul = false;
    }
    if (failure == 0) {
        set_stored(value, data.data, data.size);
        return FOUND;
    }
    if (failure != DB_NOTFOUND)
        error_set(why, "error reading %s: %s", b->path, db_strerror(failure));
    else if ((b->with_nul && is_lost(b, key, length + 1)) ||
             (b->without_nul && is_lost(b, key, length)))
        error_set(why, "error reading %s: records are missing", b->path);
    else
        return ABSENT;
    return FAILED;
}

static enum answer bdb_get(void *instance, const char *key, struct str *value,
                           struct error *why)
{
    struct bdb *b = instance;

    if (b->bulk != NULL && !bdb_store_bulk(b, why))
        return FAILED;
    enum answer answer = begin_read(b, why) ? find(b, key, value, why) : FAILED;
    if (b->mode == TABLE_READ && !b->in_memory && answer != FAILED &&
        ++b->lookups % LOOKUPS_BEFORE_LOADING == 0)
        load(b);
    bdb_unlock(b);
    return answer;
}

static void bdb_hold(void *instance, bool on)
{
    struct bdb *b = instance;

    b->holds = on && b->mode == TABLE_READ;
    bdb_unlock(b);
}

static enum answer bdb_next(void *instance, bool first, struct str *key,
                            struct str *value, struct error *why)
{
    struct bdb *b = instance;
    DBT name = { 0 };
    DBT data = { 0 };
    int failure = 0;

    if (b->bulk != NULL && !bdb_store_bulk(b, why))
        return FAILED;
    if (first && b->cursor != NULL) {
        b->cursor->c_close(b->cursor);
        b->cursor = NULL;
    }
    if (!begin_read(b, why)) {
        bdb_unlock(b);
        return FAILED;
    }
    if (b->cursor == NULL) {
        first = true;
        failure = b->db->cursor(b->db, NULL, &b->cursor, 0);
    }
    if (failure == 0)
        failure = b->cursor->c_get(b->cursor, &name, &data,
                                   first ? DB_FIRST : DB_NEXT);
    if (failure == 0) {
        set_stored(key, name.data, name.size);
        set_stored(value, data.data, data.size);
    }
    bool lost = failure == DB_NOTFOUND && lacks_records(b);
    if (failure != 0 && b->cursor != NULL) {
        b->cursor->c_close(b->cursor);
        b->cursor = NULL;
    }
    bdb_unlock(b);
    if (failure == 0)
        return FOUND;
    if (failure == DB_NOTFOUND && !lost)
        return ABSENT;
    error_set(why, "error seeking %s: %s", b->path,
              lost ? "records are missing" : db_strerror(failure));
    return FAILED;
}

static bool bdb_changed(void *instance)
{
    const struct bdb *b = instance;
    struct stat info;

    return b->fd < 0 || fstat(b->fd, &info) != 0 || info.st_nlink == 0 ||
           info.st_ino != b->first.st_ino || info.st_mtime != b->first.st_mtime;
}

static enum table_trust bdb_owner(void *instance, uid_t *owner)
{
    const struct bdb *b = instance;

    return file_trust(&b->opened, owner);
}

#define BDB_DRIVER(the_type, the_open)                                \
    {                                                                 \
        .type = the_type, .suffix = ".db",                            \
        .can = TABLE_CAN_CREATE | TABLE_CAN_WRITE | TABLE_CAN_WALK,   \
        .open = the_open, .get = bdb_get, .put = bdb_put,             \
        .put_plain = bdb_put_plain, .del = bdb_del, .next = bdb_next, \
        .set_source = bdb_set_source, .changed = bdb_changed,         \
        .owner = bdb_owner, .commit = bdb_commit, .hold = bdb_hold,   \
        .close = bdb_close,                                           \
    }

const struct table_driver driver_hash = BDB_DRIVER("hash", hash_open);
const struct table_driver driver_btree = BDB_DRIVER("btree", btree_open);
