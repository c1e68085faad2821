/* SPDX-License-Identifier: ISC
 *
 * driver_dbm.c - dbm:/file, the old "new dbm" in file.pag and file.dir, by
 * GNU dbm's library for it.
 *
 * What is written, is written to copies named file.tmp.*, which take the place
 * of the table when they are complete: readers need no lock, and an update is
 * no different from a build. The library's own lock only lets one process
 * write, or several read; ours, on file.tmp.dir, makes builders wait.
 */

#include <errno.h>
#include <fcntl.h>
#include <ndbm.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <unistd.h>

#include "base/file.h"
#include "base/library.h"
#include "base/lock.h"
#include "base/log.h"
#include "config.h"
#include "internal.h"

#define DBM_FUNCTIONS(FUNCTION)                                      \
    FUNCTION(dbm_open)                                               \
    FUNCTION(dbm_close) FUNCTION(dbm_fetch) FUNCTION(dbm_store)      \
        FUNCTION(dbm_delete) FUNCTION(dbm_firstkey)                  \
            FUNCTION(dbm_nextkey) FUNCTION(dbm_error)                \
                FUNCTION(dbm_clearerr) FUNCTION(dbm_pagfno)
LIBRARY(dbm, LIBRARY_DBM, DBM_FUNCTIONS)

enum { COPY_BYTES = 1 << 20 };

struct dbm_table {
    char *name;     /* owned; without suffixes */
    char *new_name; /* owned; the same of what is written, or NULL */
    enum table_mode mode;
    unsigned flags;
    DBM *db;
    int lock; /* on NEW_NAME.dir; -1: none */
    struct stat opened;
    bool with_nul, without_nul; /* still to be tried */
    bool published;
};

static const char *const suffixes[] = { ".pag", ".dir" };

/* ---- Open and close ---- */

static void remove_new_files(const struct dbm_table *t)
{
    for (size_t i = 0; i < 2; i++) {
        char *path = mem_printf("%s%s", t->new_name, suffixes[i]);
        unlink(path);
        free(path);
    }
}

static void dbm_table_close(void *instance)
{
    struct dbm_table *t = instance;

    if (t->db != NULL)
        dbm.dbm_close(t->db);
    if (t->lock >= 0) {
        if (!t->published)
            remove_new_files(t);
        close(t->lock);
    }
    free(t->new_name);
    free(t->name);
    free(t);
}

/* Lock NEW_NAME.dir, which has the name once it is locked. */
static bool lock_new_files(struct dbm_table *t, struct error *why)
{
    char *path = mem_printf("%s.dir", t->new_name);
    bool locked = false;

    while (!locked) {
        t->lock = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0644);
        if (t->lock < 0 || !lock_file(t->lock, LOCK_STYLE_FLOCK,
                                      LOCK_KIND_EXCLUSIVE, DEADLINE_NEVER)) {
            error_set(why, "create database %s: %s", path, strerror(errno));
            break;
        }
        locked = file_has_name(t->lock, path, AT_SYMLINK_NOFOLLOW);
        if (!locked)
            close(t->lock);
    }
    free(path);
    return locked;
}

static bool copy_file(const char *from, const char *to, struct error *why)
{
    int in = open(from, O_RDONLY | O_CLOEXEC);
    int out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC,
                   0644);
    ssize_t done = in < 0 || out < 0 ? -1 : 1;

    while (done > 0)
        done = sendfile(out, in, NULL, COPY_BYTES);
    if (done < 0)
        error_set(why, "copy %s to %s: %s", from, to, strerror(errno));
    if (in >= 0)
        close(in);
    if (out >= 0)
        close(out);
    return done == 0;
}

/* The table as it is, if there is one. */
static bool copy_table(const struct dbm_table *t, struct error *why)
{
    bool good = true;

    for (size_t i = 0; i < 2 && good; i++) {
        char *from = mem_printf("%s%s", t->name, suffixes[i]);
        char *to = mem_printf("%s%s", t->new_name, suffixes[i]);
        if (access(from, F_OK) == 0)
            good = copy_file(from, to, why);
        free(from);
        free(to);
    }
    return good;
}

static bool open_db(struct dbm_table *t, char *name, int flags,
                    struct error *why)
{
    errno = 0;
    t->db = dbm.dbm_open(name, flags, 0644);
    if (t->db == NULL)
        return error_set(why, "open database %s.pag: %s", name,
                         errno != 0 ? strerror(errno) : "not a dbm file");
    fstat(dbm.dbm_pagfno(t->db), &t->opened);
    return true;
}

static bool open_for_writing(struct dbm_table *t, struct error *why)
{
    t->new_name = mem_printf("%s.tmp", t->name);
    if (!lock_new_files(t, why))
        return false;
    char *pages = mem_printf("%s.pag", t->new_name);
    /* What a killed builder left. */
    bool good = (unlink(pages) == 0 || errno == ENOENT) &&
                ftruncate(t->lock, 0) == 0;
    free(pages);
    if (!good)
        return error_set(why, "create database %s.pag: %s", t->new_name,
                         strerror(errno));
    return (t->mode != TABLE_UPDATE || copy_table(t, why)) &&
           open_db(t, t->new_name, O_RDWR | O_CREAT, why);
}

static void *dbm_table_open(const char *name,
                            const struct table_options *options,
                            struct error *why)
{
    if (!dbm_load(why))
        return NULL;
    struct dbm_table *t = mem_zalloc(sizeof(*t));

    t->name = mem_strdup(name);
    t->mode = options->mode;
    t->flags = options->flags;
    t->with_nul = !(t->flags & TABLE_WITHOUT_NUL);
    t->without_nul = !(t->flags & TABLE_WITH_NUL);
    t->lock = -1;
    if (t->mode == TABLE_READ ? open_db(t, t->name, O_RDONLY, why)
                              : open_for_writing(t, why)) {
        if (t->mode == TABLE_READ)
            warn_of_newer_source(t->name, ".pag", &t->opened);
        return t;
    }
    dbm_table_close(t);
    return NULL;
}

/* ---- Reading ---- */

static datum datum_of(const char *text, size_t length)
{
    return (datum){ .dptr = (char *)(uintptr_t)text, .dsize = (int)length };
}

static enum answer failed(const struct dbm_table *t, const char *what,
                          struct error *why)
{
    error_set(why, "error %s %s.pag%s%s", what,
              t->new_name != NULL ? t->new_name : t->name,
              errno != 0 ? ": " : "", errno != 0 ? strerror(errno) : "");
    return FAILED;
}

/* Nothing: not there, or an error. */
static enum answer absent_or_failed(struct dbm_table *t, const char *what,
                                    struct error *why)
{
    if (!dbm.dbm_error(t->db))
        return ABSENT;
    dbm.dbm_clearerr(t->db);
    return failed(t, what, why);
}

static enum answer dbm_table_get(void *instance, const char *key,
                                 struct str *value, struct error *why)
{
    struct dbm_table *t = instance;
    size_t length = strlen(key);
    datum found = { 0 };

    errno = 0;
    if (t->with_nul) {
        found = dbm.dbm_fetch(t->db, datum_of(key, length + 1));
        if (found.dptr != NULL)
            t->without_nul = false;
    }
    if (found.dptr == NULL && t->without_nul) {
        found = dbm.dbm_fetch(t->db, datum_of(key, length));
        if (found.dptr != NULL)
            t->with_nul = false;
    }
    if (found.dptr == NULL)
        return absent_or_failed(t, "reading", why);
    set_stored(value, found.dptr, found.dsize);
    return FOUND;
}

static enum answer dbm_table_next(void *instance, bool first, struct str *key,
                                  struct str *value, struct error *why)
{
    struct dbm_table *t = instance;

    errno = 0;
    datum name = first ? dbm.dbm_firstkey(t->db) : dbm.dbm_nextkey(t->db);
    if (name.dptr == NULL)
        return absent_or_failed(t, "seeking", why);
    set_stored(key, name.dptr, name.dsize);
    datum found = dbm.dbm_fetch(t->db, name);
    if (found.dptr == NULL)
        return failed(t, "seeking", why);
    set_stored(value, found.dptr, found.dsize);
    return FOUND;
}

/* ---- Writing ---- */

static enum answer store(struct dbm_table *t, const char *key,
                         const char *value, size_t nul, int how,
                         struct error *why)
{
    errno = 0;
    int done = dbm.dbm_store(t->db, datum_of(key, strlen(key) + nul),
                             datum_of(value, strlen(value) + nul), how);
    if (done == 0)
        return FOUND;
    if (done < 0)
        return failed(t, "writing", why);
    if (!(t->flags & TABLE_DUP_IGNORE))
        error_set(why, "%s: duplicate entry: \"%s\"", t->name, key);
    return ABSENT;
}

static enum answer dbm_table_put(void *instance, const char *key,
                                 const char *value, struct error *why)
{
    struct dbm_table *t = instance;

    return store(t, key, value, t->with_nul,
                 t->flags & TABLE_DUP_REPLACE ? DBM_REPLACE : DBM_INSERT, why);
}

static enum answer dbm_table_put_plain(void *instance, const char *key,
                                       const char *value, struct error *why)
{
    return store(instance, key, value, 0, DBM_REPLACE, why);
}

static enum answer dbm_table_del(void *instance, const char *key,
                                 struct error *why)
{
    struct dbm_table *t = instance;
    size_t length = strlen(key);

    errno = 0;
    if (t->with_nul &&
        dbm.dbm_delete(t->db, datum_of(key, length + 1)) == 0) {
        t->without_nul = false;
        return FOUND;
    }
    if (t->without_nul && dbm.dbm_delete(t->db, datum_of(key, length)) == 0) {
        t->with_nul = false;
        return FOUND;
    }
    return absent_or_failed(t, "writing", why);
}

static bool publish_file(const struct dbm_table *t, const char *suffix,
                         struct error *why)
{
    char *from = mem_printf("%s%s", t->new_name, suffix);
    char *to = mem_printf("%s%s", t->name, suffix);
    int fd = open(from, O_RDWR | O_CLOEXEC);
    struct stat old;

    bool good = fd >= 0;
    if (good && stat(to, &old) == 0)
        good = (fchown(fd, old.st_uid, old.st_gid) == 0 || geteuid() != 0) &&
               fchmod(fd, old.st_mode & 07777) == 0;
    good = (good && fsync(fd) == 0 && rename(from, to) == 0) ||
                error_set(why, "finish database %s: %s", to, strerror(errno));
    if (fd >= 0)
        close(fd);
    free(from);
    free(to);
    return good;
}

/* The file with the data first: the other one only marks it as dbm's. Its
 * name is what the next builder waits for. */
static bool dbm_table_commit(void *instance, struct error *why)
{
    struct dbm_table *t = instance;

    if (t->mode == TABLE_READ || t->published)
        return true;
    dbm.dbm_close(t->db);
    t->db = NULL;
    t->published = publish_file(t, suffixes[0], why) &&
                   publish_file(t, suffixes[1], why) &&
                   file_sync_folder(t->name, why);
    return t->published && open_db(t, t->name, O_RDONLY, why);
}

static bool dbm_table_changed(void *instance)
{
    const struct dbm_table *t = instance;
    struct stat info;

    return fstat(dbm.dbm_pagfno(t->db), &info) != 0 || info.st_nlink == 0 ||
           info.st_mtime != t->opened.st_mtime;
}

static enum table_trust dbm_table_owner(void *instance, uid_t *owner)
{
    const struct dbm_table *t = instance;

    return file_trust(&t->opened, owner);
}

const struct table_driver driver_dbm = {
    .type = "dbm",
    .suffix = ".pag",
    .can = TABLE_CAN_CREATE | TABLE_CAN_WRITE | TABLE_CAN_WALK,
    .open = dbm_table_open,
    .get = dbm_table_get,
    .put = dbm_table_put,
    .put_plain = dbm_table_put_plain,
    .del = dbm_table_del,
    .next = dbm_table_next,
    .changed = dbm_table_changed,
    .owner = dbm_table_owner,
    .commit = dbm_table_commit,
    .close = dbm_table_close,
};
