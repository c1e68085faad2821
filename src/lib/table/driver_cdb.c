/* SPDX-License-Identifier: ISC
 *
 * driver_cdb.c - cdb:/file, D. J. Bernstein's constant database in file.cdb.
 *
 * Made as file.cdb.tmp and renamed: readers see the old table or the new one
 * and need no lock. Keys and values have no NUL unless asked for.
 */

#include <cdb.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/hash.h"
#include "base/lock.h"
#include "base/log.h"
#include "cdb_search.h"
#include "internal.h"

struct cdb_table {
    char *name;     /* owned */
    char *path;     /* owned; with ".cdb" */
    char *new_path; /* owned; of a build */
    unsigned flags;
    int fd;
    struct stat opened;
    struct cdb db;              /* reading */
    struct cdb_make make;       /* building */
    bool with_nul, without_nul; /* still to be tried */
    struct hash *keys; /* owned; of a build, so far: the line + 1 of each; NULL:
                          none */
    const struct text_source *source; /* borrowed; NULL: not known */
    bool building;
    struct cdb_search search;
    unsigned position; /* of a walk */
};

static void cdb_table_close(void *instance)
{
    struct cdb_table *t = instance;

    if (t->building) {
        cdb_make_finish(&t->make);
        unlink(t->new_path);
    } else if (t->fd >= 0) {
        cdb_free(&t->db);
    }
    if (t->fd >= 0)
        close(t->fd);
    hash_free(t->keys, NULL);
    free(t->new_path);
    free(t->path);
    free(t->name);
    free(t);
}

static bool open_for_reading(struct cdb_table *t, struct error *why)
{
    t->fd = open(t->path, O_RDONLY | O_CLOEXEC);
    if (t->fd < 0)
        return error_set(why, "open database %s: %s", t->path, strerror(errno));
    if (fstat(t->fd, &t->opened) != 0 || cdb_init(&t->db, t->fd) != 0) {
        error_set(why, "open database %s: %s", t->path, strerror(errno));
        close(t->fd);
        t->fd = -1;
        return false;
    }
    if (!cdb_is_whole(&t->db, (size_t)t->opened.st_size))
        return error_set(why, "open database %s: its parts do not fit",
                         t->path);
    warn_of_newer_source(t->name, ".cdb", &t->opened);
    return true;
}

/* Open and lock the temporary file that has the name once it is locked. */
static bool open_new_file(struct cdb_table *t, struct error *why)
{
    for (;;) {
        t->fd = open(t->new_path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC,
                     0644);
        if (t->fd < 0)
            return error_set(why, "open database %s: %s", t->new_path,
                             strerror(errno));
        if (!lock_file(t->fd, LOCK_STYLE_FCNTL, LOCK_KIND_EXCLUSIVE,
                       DEADLINE_NEVER))
            return error_set(why, "lock %s: %s", t->new_path, strerror(errno));
        if (file_has_name(t->fd, t->new_path, AT_SYMLINK_NOFOLLOW))
            return true;
        close(t->fd);
        t->fd = -1;
    }
}

static bool open_for_building(struct cdb_table *t, struct error *why)
{
    t->new_path = mem_printf("%s.tmp", t->path);
    if (!open_new_file(t, why))
        return false;
    if (ftruncate(t->fd, 0) != 0 || cdb_make_start(&t->make, t->fd) != 0)
        return error_set(why, "open database %s: %s", t->new_path,
                         strerror(errno));
    t->building = true;
    return true;
}

static void *cdb_table_open(const char *name,
                            const struct table_options *options,
                            struct error *why)
{
    struct cdb_table *t = mem_zalloc(sizeof(*t));
    bool good;

    t->name = mem_strdup(name);
    t->path = mem_printf("%s.cdb", name);
    t->flags = options->flags;
    t->with_nul = !(t->flags & TABLE_WITHOUT_NUL);
    t->without_nul = !(t->flags & TABLE_WITH_NUL);
    t->fd = -1;
    t->search.db = &t->db;
    switch (options->mode) {
    case TABLE_READ: good = open_for_reading(t, why); break;
    case TABLE_CREATE: good = open_for_building(t, why); break;
    case TABLE_UPDATE:
    default:
        good = error_set(why,
                         "cdb:%s: a cdb table cannot be updated in place; "
                         "build it again from its source file",
                         name);
    }
    if (good)
        return t;
    if (t->fd >= 0 && !t->building && t->new_path != NULL) {
        close(t->fd);
        t->fd = -1;
    }
    cdb_table_close(t);
    return NULL;
}

static enum answer find(struct cdb_table *t, const char *key,
                        const void **value, size_t *value_length)
{
    size_t length = strlen(key);
    enum answer answer = ABSENT;

    if (t->with_nul) {
        answer = cdb_search(&t->search, key, length + 1, value, value_length);
        if (answer == FOUND)
            t->without_nul = false;
    }
    if (answer == ABSENT && t->without_nul) {
        answer = cdb_search(&t->search, key, length, value, value_length);
        if (answer == FOUND)
            t->with_nul = false;
    }
    return answer;
}

static bool copy_out(struct str *out, const void *bytes, size_t length)
{
    if (bytes == NULL)
        return false;
    set_stored(out, bytes, length);
    return true;
}

static enum answer cdb_table_get(void *instance, const char *key,
                                 struct str *value, struct error *why)
{
    struct cdb_table *t = instance;
    const void *found;
    size_t length;

    if (t->building) {
        error_set(why, "%s: not complete", t->path);
        return FAILED;
    }
    enum answer answer = find(t, key, &found, &length);
    if (answer == FOUND)
        copy_out(value, found, length);
    else if (answer == FAILED)
        error_set(why, "error reading %s: its parts do not fit", t->path);
    return answer;
}

static enum answer cdb_table_next(void *instance, bool first, struct str *key,
                                  struct str *value, struct error *why)
{
    struct cdb_table *t = instance;

    if (first)
        cdb_seqinit(&t->position, &t->db);
    int found = cdb_seqnext(&t->position, &t->db);
    if (found == 0)
        return ABSENT;
    /* Nobody stores an empty key, but zeros read like it. */
    if (found > 0 && cdb_keylen(&t->db) > 0 &&
        copy_out(key, cdb_getkey(&t->db), cdb_keylen(&t->db)) &&
        copy_out(value, cdb_getdata(&t->db), cdb_datalen(&t->db)))
        return FOUND;
    error_set(why, "error reading %s: its parts do not fit", t->path);
    return FAILED;
}

static enum answer store(struct cdb_table *t, const char *key,
                         const char *value, size_t nul, enum cdb_put_mode mode,
                         struct error *why)
{
    int done = cdb_make_put(&t->make, key, strlen(key) + nul, value,
                            strlen(value) + nul, mode);

    /* 1: it was there, and was replaced. */
    if (done >= 0)
        return FOUND;
    error_set(why, "error writing %s: %s", t->new_path, strerror(errno));
    return FAILED;
}

/* The library compares a new key with each 256th that it has; we know it at
 * once. False, and the line that has it (0: not known), if <key> was there. */
static bool is_new(struct cdb_table *t, const char *key, size_t *first_line)
{
    uintptr_t line = t->source != NULL ? t->source->first_line : 0;

    if (t->keys == NULL)
        t->keys = hash_new();
    void *known = hash_put(t->keys, key, (void *)(line + 1));
    if (known == NULL)
        return true;
    hash_put(t->keys, key, known);
    *first_line = (uintptr_t)known - 1;
    return false;
}

static void warn_of_duplicate(const struct cdb_table *t, const char *key,
                              size_t first_line)
{
    struct str text = STR_EMPTY;

    str_setf(&text, "%s: duplicate entry: \"%s\"", t->name, key);
    if (t->source != NULL)
        duplicate_advise(&text, t->source->path, t->source->first_line,
                         first_line);
    log_warning("%s", text.data);
    str_fini(&text);
}

static void cdb_table_set_source(void *instance,
                                 const struct text_source *source)
{
    ((struct cdb_table *)instance)->source = source;
}

static enum answer cdb_table_put(void *instance, const char *key,
                                 const char *value, struct error *why)
{
    struct cdb_table *t = instance;
    enum cdb_put_mode mode = CDB_PUT_ADD;
    size_t first_line = 0;

    if (!(t->flags & TABLE_DUP_IGNORE) && !is_new(t, key, &first_line)) {
        if (!(t->flags & TABLE_DUP_REPLACE)) {
            warn_of_duplicate(t, key, first_line);
            return ABSENT;
        }
        mode = CDB_PUT_REPLACE;
    }
    return store(t, key, value, t->flags & TABLE_WITH_NUL ? 1 : 0, mode, why);
}

static enum answer cdb_table_put_plain(void *instance, const char *key,
                                       const char *value, struct error *why)
{
    return store(instance, key, value, 0, CDB_PUT_REPLACE, why);
}

static bool cdb_table_commit(void *instance, struct error *why)
{
    struct cdb_table *t = instance;

    if (!t->building)
        return true;
    if (cdb_make_finish(&t->make) != 0 || fsync(t->fd) != 0 ||
        rename(t->new_path, t->path) != 0) {
        error_set(why, "finish database %s: %s", t->new_path, strerror(errno));
        unlink(t->new_path);
        t->building = false;
        close(t->fd);
        t->fd = -1;
        return false;
    }
    t->building = false;
    if (!file_sync_folder(t->path, why))
        return false;
    return cdb_init(&t->db, t->fd) == 0 ||
           error_set(why, "open database %s: %s", t->path, strerror(errno));
}

static bool cdb_table_changed(void *instance)
{
    const struct cdb_table *t = instance;
    struct stat info;

    return fstat(t->fd, &info) != 0 || info.st_nlink == 0 ||
           info.st_mtime != t->opened.st_mtime;
}

static enum table_trust cdb_table_owner(void *instance, uid_t *owner)
{
    const struct cdb_table *t = instance;

    return file_trust(&t->opened, owner);
}

const struct table_driver driver_cdb = {
    .type = "cdb",
    .suffix = ".cdb",
    .can = TABLE_CAN_CREATE | TABLE_CAN_WALK,
    .open = cdb_table_open,
    .get = cdb_table_get,
    .put = cdb_table_put,
    .put_plain = cdb_table_put_plain,
    .set_source = cdb_table_set_source,
    .next = cdb_table_next,
    .changed = cdb_table_changed,
    .owner = cdb_table_owner,
    .commit = cdb_table_commit,
    .close = cdb_table_close,
};
