/* SPDX-License-Identifier: ISC
 *
 * bdb_private.h - the parts of the driver for Berkeley DB.
 */
#ifndef TABLE_BDB_PRIVATE_H
#define TABLE_BDB_PRIVATE_H

#include <db.h>
#include <stdint.h>
#include <time.h>

#include "base/lock.h"
#include "bulk.h"
#include "internal.h"

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
    int old_fd;  /* -1, or the table of which a copy is updated: locked */
    struct stat opened;         /* when <db> was opened */
    struct stat first;          /* when the table was opened */
    bool with_nul, without_nul; /* still to be tried */
    bool keeps_lock;            /* exclusive, from open to close */
    bool has_lock;
    bool holds; /* shared, for lookups that follow at once */
    bool in_memory, too_large; /* loaded into the cache; cannot be */
    bool is_whole;             /* found to have all records it should have */
    bool failed;
    unsigned lookups;
    struct timespec asked; /* coarse clock of the last fstat */
    uint32_t buckets;      /* of a hash that is built, a power of two */
    struct bulk *bulk;     /* owned; NULL: records are stored at once */
};

/* ---- driver_bdb.c ---- */

/* Open the database; the lock is held. <records> and <bytes> say what a build
 * will store. */
bool bdb_open_db(struct bdb *b, size_t records, size_t bytes,
                 struct error *why);
/* Open again what was replaced or rewritten; the lock is held. */
bool bdb_refresh(struct bdb *b, enum lock_kind kind, struct error *why);

/* ---- bdb_file.c ---- */

MAY_WAIT bool bdb_lock(struct bdb *b, enum lock_kind kind, struct error *why);
/* Unless the lock is to be kept, or held for the next lookup. */
void bdb_unlock(struct bdb *b);
void bdb_close_file(struct bdb *b);
/* Open and lock the file that has the name once it is locked. False and
 * <why>, errno kept. */
MAY_WAIT bool bdb_open_and_lock(struct bdb *b, enum lock_kind kind,
                                struct error *why);
/* An empty file is what a crash between open and write leaves. */
MAY_WAIT void bdb_remove_if_empty(const struct bdb *b);
/* Make an empty file beside the table, locked; with the looks of <old>, which
 * may be NULL. False, errno and <why>. */
MAY_WAIT bool bdb_make_new_file(struct bdb *b, const struct stat *old,
                                struct error *why);
/* Make a copy of the table beside it, both locked. False, errno and <why>:
 * there is none. */
MAY_WAIT bool bdb_copy_to_new_file(struct bdb *b, const struct stat *old,
                                   struct error *why);
/* Give it its name, when nobody reads or writes the old one; without a new
 * file there is nothing to do. */
MAY_WAIT bool bdb_publish(struct bdb *b, struct error *why);
/* Remove it, if there is one, and close; errno is kept. */
void bdb_drop_new_file(struct bdb *b);

/* ---- bdb_write.c ---- */

/* Before the file is made. */
void bdb_plan_hash(struct bdb *b, size_t records, size_t bytes);
/* Store what was kept in memory so far. */
bool bdb_store_bulk(struct bdb *b, struct error *why);
/* The functions of a driver. */
enum answer bdb_put(void *instance, const char *key, const char *value,
                    struct error *why);
enum answer bdb_put_plain(void *instance, const char *key, const char *value,
                          struct error *why);
enum answer bdb_del(void *instance, const char *key, struct error *why);
void bdb_set_source(void *instance, const struct text_source *source);
bool bdb_commit(void *instance, struct error *why);

#endif
