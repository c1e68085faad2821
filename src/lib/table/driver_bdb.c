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
 * A table is built beside the old one, as file.db.tmp, and takes its name when
 * it is complete and on disk: whatever ends a build, kill -9 or a full disk,
 * the old table stays. Daemons that have the old file open notice that its name
 * is gone. Only where no file can be made beside it, or the old one has several
 * names, is it rewritten in place, with all records at hand.
 *
 * A table that fits the cache is read into it as a whole after a few lookups.
 * It is then a consistent copy of one version, and a lookup needs no lock, but
 * only to ask, at most once a clock tick, whether that version still counts.
 *
 * Keys and values have a terminating NUL or not; the first hit decides.
 */

#include <db.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/lock.h"
#include "base/log.h"
#include "bulk.h"
#include "internal.h"

enum {
    LOOKUPS_BEFORE_LOADING = 16,
    SETTLED_S = 2, /* older changes have a time stamp of their own */
    PAGE_BYTES = 4096,
    PAGE_OVERHEAD = 32,
    RECORD_OVERHEAD = 6,
    COPY_BYTES = 1 << 20,
};

struct bdb {
    char *name;     /* owned; "hash:/etc/aliases", for messages */
    char *path;     /* owned; with ".db" */
    char *new_path; /* owned; NULL, or where a new file is built: locked */
    DBTYPE type;
    const struct table_setup *setup;
    enum table_mode mode;
    unsigned flags;
    DB *db;      /* NULL in a build, until the first records are stored */
    DBC *cursor; /* NULL: no walk */
    int fd;      /* of the same file, for locks and fstat */
    struct stat opened;         /* when <db> was opened */
    struct stat first;          /* when the table was opened */
    bool with_nul, without_nul; /* still to be tried */
    bool keeps_lock;            /* exclusive, from open to close */
    bool has_lock;
    bool holds; /* shared, for lookups that follow at once */
    bool in_memory, too_large; /* loaded into the cache; cannot be */
    bool failed;
    unsigned lookups;
    struct timespec asked; /* coarse clock of the last fstat */
    uint32_t buckets;      /* of a hash that is built, a power of two */
    struct bulk *bulk;     /* owned; NULL: records are stored at once */
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

static bool lock(struct bdb *b, enum lock_kind kind, struct error *why)
{
    if (b->keeps_lock)
        return true;
    b->has_lock = lock_file(b->fd, LOCK_STYLE_FLOCK, kind, DEADLINE_NEVER);
    return b->has_lock ||
           error_set(why, "lock %s: %s", b->path, strerror(errno));
}

static void unlock(struct bdb *b)
{
    if (b->holds)
        return;
    if (b->has_lock && !b->keeps_lock)
        lock_file(b->fd, LOCK_STYLE_FLOCK, LOCK_KIND_NONE, 0);
    b->has_lock = b->keeps_lock;
}

static void close_fd(struct bdb *b)
{
    if (b->fd >= 0)
        close(b->fd);
    b->fd = -1;
    b->has_lock = false;
}

static void close_db(struct bdb *b)
{
    if (b->cursor != NULL)
        b->cursor->c_close(b->cursor);
    b->cursor = NULL;
    if (b->db != NULL)
        b->db->close(b->db, b->mode == TABLE_READ ? DB_NOSYNC : 0);
    b->db = NULL;
    b->in_memory = b->too_large = false;
    b->lookups = 0;
}

/* Make the buckets at once, a power of two. When the library must add one, it
 * doubles the file, and it does so as soon as some page overflows: hardly ever
 * while pages are two thirds full on average, else nearly always. So begin
 * with that power which leads to the smaller file. */
static void plan_hash(struct bdb *b, size_t records, size_t bytes)
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

/* What begins a file, in the order of bytes of its machine. */
struct first_page {
    uint32_t log_position[2], number, magic, version, page_bytes;
    uint8_t cipher, kind, flags, unused;
    uint32_t free, last_page;
};
enum { HASH_MAGIC = 0x061561, BTREE_MAGIC = 0x053162 };

/* The library takes a hash page that the file does not have for an empty one,
 * so keys would be "not found". */
static bool is_cut(const struct bdb *b, struct error *why)
{
    struct first_page page;
    struct stat info;

    if (pread(b->fd, &page, sizeof(page), 0) != sizeof(page) ||
        fstat(b->fd, &info) != 0 ||
        (page.magic != HASH_MAGIC && page.magic != BTREE_MAGIC) ||
        (uint64_t)info.st_size >=
            ((uint64_t)page.last_page + 1) * page.page_bytes)
        return false;
    error_set(why, "open database %s: Invalid argument", b->path);
    return true;
}

/* The lock is held. <records> and <bytes> say what a build will store. */
static bool open_db(struct bdb *b, size_t records, size_t bytes,
                    struct error *why)
{
    bool build = b->mode == TABLE_CREATE;
    long cache =
        build ? b->setup->bdb_create_buffer : b->setup->bdb_read_buffer;
    u_int32_t flags = b->mode == TABLE_READ ? DB_RDONLY
                      : build               ? DB_CREATE | DB_TRUNCATE
                                            : DB_CREATE;

    if (b->mode == TABLE_READ && is_cut(b, why))
        return false;
    int failure = db_create(&b->db, NULL, 0);
    if (failure != 0)
        return error_set(why, "open database %s: %s", b->path,
                         db_strerror(failure));
    b->db->set_errcall(b->db, ignore_message);
    b->db->set_cachesize(b->db, 0, cache, 1);
    if (build && b->type == DB_HASH && records > 0)
        plan_hash(b, records, bytes);
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

/* An empty file is what a crash between open and write leaves. */
static void remove_if_empty(const struct bdb *b)
{
    struct stat info;

    if (stat(b->path, &info) != 0 || info.st_size != 0)
        return;
    log_warning("removing zero-length database file: %s", b->path);
    if (unlink(b->path) != 0 && errno != ENOENT)
        log_warning("remove %s: %s", b->path, strerror(errno));
}

/* Open and lock the file that has the name once it is locked. False and
 * <why>, errno kept. */
static bool open_and_lock(struct bdb *b, enum lock_kind kind, struct error *why)
{
    for (;;) {
        struct stat mine, named;

        b->fd = open(b->path,
                     (b->mode == TABLE_READ ? O_RDONLY : O_RDWR) | O_CLOEXEC);
        if (b->fd < 0)
            return error_set(why, "open database %s: %s", b->path,
                             strerror(errno));
        if (!lock(b, kind, why))
            return false;
        if (fstat(b->fd, &mine) == 0 && stat(b->path, &named) == 0 &&
            mine.st_ino == named.st_ino && mine.st_dev == named.st_dev)
            return true;
        close_fd(b);
    }
}

/* A file that is not ours would be filled with our data, or kept from us. */
static bool new_file_is_ours(const struct bdb *b, const struct stat *mine,
                             struct error *why)
{
    if (S_ISREG(mine->st_mode) && mine->st_nlink == 1 &&
        mine->st_uid == geteuid())
        return true;
    errno = EEXIST;
    return error_set(why, "%s: not a plain file of user id %ld; remove it",
                     b->new_path, (long)geteuid());
}

/* Open and lock file.db.tmp, so that one builder works at a time. What a
 * killed one left is used again. */
static bool lock_new_file(struct bdb *b, struct error *why)
{
    for (;;) {
        struct stat mine, named;

        b->fd = open(b->new_path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC,
                     0600);
        if (b->fd < 0)
            return error_set(why, "open database %s: %s", b->path,
                             strerror(errno));
        if (!lock(b, LOCK_KIND_EXCLUSIVE, why))
            return false;
        if (fstat(b->fd, &mine) == 0 && lstat(b->new_path, &named) == 0 &&
            mine.st_ino == named.st_ino && mine.st_dev == named.st_dev)
            return new_file_is_ours(b, &mine, why);
        close_fd(b);
    }
}

/* The mode and owner of the old file, if there is one. */
static bool dress_new_file(struct bdb *b, const struct stat *old,
                           struct error *why)
{
    mode_t mask = umask(022);
    mode_t mode = old != NULL ? old->st_mode & 07777 : 0644 & ~mask;
    struct stat mine;

    umask(mask);
    if (fstat(b->fd, &mine) == 0 && old != NULL &&
        (old->st_uid != mine.st_uid || old->st_gid != mine.st_gid) &&
        fchown(b->fd, old->st_uid, old->st_gid) != 0)
        return error_set(why, "chown %s: %s", b->new_path, strerror(errno));
    if (fchmod(b->fd, mode) != 0)
        return error_set(why, "chmod %s: %s", b->new_path, strerror(errno));
    return true;
}

/* Its lock goes last: who waits for it must not find it then. */
static void drop_new_file(struct bdb *b)
{
    int failure = errno;

    if (b->new_path != NULL && b->fd >= 0)
        unlink(b->new_path);
    free(b->new_path);
    b->new_path = NULL;
    close_fd(b);
    errno = failure;
}

/* Make an empty file beside the table, locked; with the looks of <old>, which
 * may be NULL. False, errno and <why>. */
static bool make_new_file(struct bdb *b, const struct stat *old,
                          struct error *why)
{
    char *real = realpath(b->path, NULL);

    b->new_path = mem_printf("%s.tmp", real != NULL ? real : b->path);
    free(real);
    if (!lock_new_file(b, why)) {
        int failure = errno;
        close_fd(b);
        errno = failure;
    } else if (dress_new_file(b, old, why)) {
        return true;
    }
    drop_new_file(b);
    return false;
}

/* Write the new file over the old one: what is mounted cannot be replaced. */
static bool copy_over(struct bdb *b, int old)
{
    off_t from = 0;
    ssize_t done = 1;

    if (old < 0 || ftruncate(old, 0) != 0)
        return false;
    while (done > 0)
        done = sendfile(old, b->fd, &from, COPY_BYTES);
    return done == 0 && fsync(old) == 0 && unlink(b->new_path) == 0;
}

/* Give the new file its name, when nobody reads or writes the old one. */
static bool publish(struct bdb *b, struct error *why)
{
    if (b->new_path == NULL)
        return true;
    char *target =
        mem_strndup(b->new_path, strlen(b->new_path) - strlen(".tmp"));
    int old = open(target, O_RDWR | O_CLOEXEC);

    if (old >= 0)
        lock_file(old, LOCK_STYLE_FLOCK, LOCK_KIND_EXCLUSIVE, DEADLINE_NEVER);
    bool good = rename(b->new_path, target) == 0 ||
                (errno == EBUSY && copy_over(b, old)) ||
                error_set(why, "rename %s to %s: %s", b->new_path, target,
                          strerror(errno));
    good = good && file_sync_folder(target, why);
    if (old >= 0)
        close(old);
    free(target);
    if (good) {
        free(b->new_path);
        b->new_path = NULL;
    }
    return good;
}

/* A table that is written record by record begins empty. */
static bool make_empty_table(struct bdb *b, struct error *why)
{
    if (!make_new_file(b, NULL, why))
        return false;
    /* Another process may have been faster. */
    bool exists = access(b->path, F_OK) == 0;
    bool good = exists || open_db(b, 0, 0, why);
    close_db(b);
    good = exists || (good && publish(b, why));
    drop_new_file(b);
    return good;
}

static void bdb_close(void *instance)
{
    struct bdb *b = instance;

    close_db(b);
    bulk_free(b->bulk);
    drop_new_file(b);
    free(b->path);
    free(b->name);
    free(b);
}

static bool start_build(struct bdb *b, struct error *why)
{
    struct stat old;

    remove_if_empty(b);
    b->bulk = bulk_new();
    bool exists = stat(b->path, &old) == 0;
    bool in_place = exists && old.st_nlink > 1;
    bool done = !in_place && make_new_file(b, exists ? &old : NULL, why);
    /* Whoever may not do that may still write the old file. */
    if (in_place || (!done && exists && (errno == EACCES || errno == EPERM ||
                                         errno == EROFS)))
        done = open_and_lock(b, LOCK_KIND_EXCLUSIVE, why);
    b->keeps_lock = done;
    return done;
}

static bool start_update(struct bdb *b, struct error *why)
{
    remove_if_empty(b);
    bool exists = open_and_lock(b, LOCK_KIND_EXCLUSIVE, why);
    if (!exists && (errno != ENOENT || !make_empty_table(b, why) ||
                    !open_and_lock(b, LOCK_KIND_EXCLUSIVE, why)))
        return false;
    bool done = open_db(b, 0, 0, why);
    b->keeps_lock = b->flags & TABLE_BULK;
    unlock(b);
    return done;
}

static bool start_read(struct bdb *b, struct error *why)
{
    bool done =
        open_and_lock(b, LOCK_KIND_SHARED, why) && open_db(b, 0, 0, why);

    unlock(b);
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
    b->fd = -1;
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

/* The lock is held. Open again what was replaced or rewritten. */
static bool refresh(struct bdb *b, enum lock_kind kind, struct error *why)
{
    if (!is_stale(b))
        return true;
    close_db(b);
    unlock(b);
    close_fd(b);
    return open_and_lock(b, kind, why) && open_db(b, 0, 0, why);
}

/* False and <why>. unlock() follows in any case. */
static bool begin_read(struct bdb *b, struct error *why)
{
    if (b->holds && b->has_lock)
        return true;
    if (b->in_memory && copy_is_current(b))
        return true;
    b->in_memory = false;
    if (b->fd < 0)
        return open_and_lock(b, LOCK_KIND_SHARED, why) && open_db(b, 0, 0, why);
    return lock(b, LOCK_KIND_SHARED, why) &&
           refresh(b, LOCK_KIND_SHARED, why);
}

static int fetch(struct bdb *b, const char *key, size_t length, DBT *value)
{
    DBT name = { .data = (void *)(uintptr_t)key, .size = length };

    memset(value, 0, sizeof(*value));
    return b->db->get(b->db, NULL, &name, value, 0);
}

static void copy_out(struct str *out, const DBT *from)
{
    const char *data = from->data;
    size_t length = from->size;

    if (length > 0 && data[length - 1] == 0)
        length--;
    str_set_bytes(out, data, length);
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
    if (failure == DB_NOTFOUND)
        return ABSENT;
    if (failure == 0) {
        copy_out(value, &data);
        return FOUND;
    }
    error_set(why, "error reading %s: %s", b->path, db_strerror(failure));
    return FAILED;
}

static bool store_bulk(struct bdb *b, struct error *why);

static enum answer bdb_get(void *instance, const char *key, struct str *value,
                           struct error *why)
{
    struct bdb *b = instance;

    if (b->bulk != NULL && !store_bulk(b, why))
        return FAILED;
    enum answer answer = begin_read(b, why) ? find(b, key, value, why) : FAILED;
    if (b->mode == TABLE_READ && !b->in_memory && answer != FAILED &&
        ++b->lookups % LOOKUPS_BEFORE_LOADING == 0)
        load(b);
    unlock(b);
    return answer;
}

static void bdb_hold(void *instance, bool on)
{
    struct bdb *b = instance;

    b->holds = on && b->mode == TABLE_READ;
    unlock(b);
}

static enum answer bdb_next(void *instance, bool first, struct str *key,
                            struct str *value, struct error *why)
{
    struct bdb *b = instance;
    DBT name = { 0 };
    DBT data = { 0 };
    int failure = 0;

    if (b->bulk != NULL && !store_bulk(b, why))
        return FAILED;
    if (first && b->cursor != NULL) {
        b->cursor->c_close(b->cursor);
        b->cursor = NULL;
    }
    if (!begin_read(b, why)) {
        unlock(b);
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
        copy_out(key, &name);
        copy_out(value, &data);
    }
    if (failure != 0 && b->cursor != NULL) {
        b->cursor->c_close(b->cursor);
        b->cursor = NULL;
    }
    unlock(b);
    if (failure == 0)
        return FOUND;
    if (failure == DB_NOTFOUND)
        return ABSENT;
    error_set(why, "error seeking %s: %s", b->path, db_strerror(failure));
    return FAILED;
}

/* ---- Writing ---- */

/* False and <why>. unlock() follows in any case. */
static bool begin_write(struct bdb *b, struct error *why)
{
    if (b->fd < 0)
        return open_and_lock(b, LOCK_KIND_EXCLUSIVE, why) &&
               open_db(b, 0, 0, why);
    return lock(b, LOCK_KIND_EXCLUSIVE, why) &&
           (b->bulk != NULL || refresh(b, LOCK_KIND_EXCLUSIVE, why));
}

/* 0, DB_KEYEXIST or what went wrong. */
static int store(struct bdb *b, const char *key, size_t key_length,
                 const char *value, size_t value_length, bool replace)
{
    DBT name = { .data = (void *)(uintptr_t)key, .size = key_length };
    DBT data = { .data = (void *)(uintptr_t)value, .size = value_length };

    /* A member has the variable's name: */
    /* cppcheck-suppress legacyUninitvar */
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

/* The hash function of Berkeley DB, FNV-1 from zero. Were it another one, the
 * order would be bad and the table still good. */
static uint32_t bucket_of(const void *key, size_t length, uint32_t mask)
{
    const unsigned char *bytes = key;
    uint32_t hash = 0;

    for (size_t i = 0; i < length; i++)
        hash = (hash * 16777619u) ^ bytes[i];
    return hash & mask;
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

static bool store_bulk(struct bdb *b, struct error *why)
{
    size_t count = bulk_count(b->bulk);
    size_t bytes = bulk_bytes(b->bulk);

    if (b->db == NULL && !open_db(b, count, bytes, why))
        return false;
    const struct bulk_record *records =
        b->type == DB_HASH ? bulk_sort(b->bulk, bucket_of, b->buckets - 1)
                           : bulk_sort(b->bulk, NULL, 0);
    bool good = store_records(b, records, count, why);
    bulk_clear(b->bulk);
    return good;
}

static enum answer bdb_put(void *instance, const char *key, const char *value,
                           struct error *why)
{
    struct bdb *b = instance;
    size_t nul = b->with_nul;
    size_t length = strlen(key);

    if (b->bulk != NULL) {
        bulk_add(b->bulk, key, length + nul, value, strlen(value) + nul);
        if (bulk_is_full(b->bulk) && !store_bulk(b, why))
            return FAILED;
        return FOUND;
    }
    if (!begin_write(b, why)) {
        unlock(b);
        return FAILED;
    }
    int failure = store(b, key, length + nul, value, strlen(value) + nul,
                        b->flags & TABLE_DUP_REPLACE);
    unlock(b);
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

static enum answer bdb_put_plain(void *instance, const char *key,
                                 const char *value, struct error *why)
{
    struct bdb *b = instance;

    if (b->bulk != NULL && !store_bulk(b, why))
        return FAILED;
    if (!begin_write(b, why)) {
        unlock(b);
        return FAILED;
    }
    int failure = store(b, key, strlen(key), value, strlen(value), true);
    unlock(b);
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

static enum answer bdb_del(void *instance, const char *key, struct error *why)
{
    struct bdb *b = instance;
    size_t length = strlen(key);
    int failure = DB_NOTFOUND;

    if (b->bulk != NULL && !store_bulk(b, why))
        return FAILED;
    if (!begin_write(b, why)) {
        unlock(b);
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
    unlock(b);
    if (failure == 0)
        return FOUND;
    if (failure == DB_NOTFOUND)
        return ABSENT;
    write_failed(b, failure, why);
    return FAILED;
}

static void bdb_set_source(void *instance, const struct text_source *source)
{
    struct bdb *b = instance;

    if (b->bulk != NULL)
        bulk_set_source(b->bulk, source);
}

static bool bdb_commit(void *instance, struct error *why)
{
    struct bdb *b = instance;

    if (b->mode == TABLE_READ)
        return true;
    if (b->bulk != NULL && !store_bulk(b, why))
        return false;
    if (b->failed)
        return error_set(why, "error writing %s", b->path);
    int failure = b->db->sync(b->db, 0);
    if (failure != 0)
        return write_failed(b, failure, why);
    return publish(b, why);
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

    *owner = b->opened.st_uid;
    return *owner == 0 ? TRUST_ROOT : TRUST_OWNER;
}

#define BDB_DRIVER(the_type, the_open)                                    \
    {                                                                     \
        .type = the_type, .suffix = ".db",                                \
        .can = TABLE_CAN_CREATE | TABLE_CAN_WRITE | TABLE_CAN_WALK,       \
        .open = the_open, .get = bdb_get, .put = bdb_put,                 \
        .put_plain = bdb_put_plain, .del = bdb_del, .next = bdb_next,     \
        .set_source = bdb_set_source,                                     \
        .changed = bdb_changed, .owner = bdb_owner, .commit = bdb_commit, \
        .hold = bdb_hold, .close = bdb_close,                             \
    }

const struct table_driver driver_hash = BDB_DRIVER("hash", hash_open);
const struct table_driver driver_btree = BDB_DRIVER("btree", btree_open);
