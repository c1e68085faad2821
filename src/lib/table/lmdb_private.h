/* SPDX-License-Identifier: ISC
 *
 * lmdb_private.h - the parts of the lmdb driver.
 */
#ifndef TABLE_LMDB_PRIVATE_H
#define TABLE_LMDB_PRIVATE_H

#include <lmdb.h>
#include <stdint.h>

#include "base/library.h"
#include "base/lock.h"
#include "bulk.h"
#include "internal.h"

#define LMDB_FUNCTIONS(FUNCTION)                                       \
    FUNCTION(mdb_cursor_close) FUNCTION(mdb_cursor_get)                \
    FUNCTION(mdb_cursor_open) FUNCTION(mdb_dbi_open) FUNCTION(mdb_del) \
    FUNCTION(mdb_drop) FUNCTION(mdb_env_close) FUNCTION(mdb_env_create)\
    FUNCTION(mdb_env_get_fd) FUNCTION(mdb_env_info)                    \
    FUNCTION(mdb_env_open) FUNCTION(mdb_env_set_mapsize)               \
    FUNCTION(mdb_env_stat) FUNCTION(mdb_env_sync) FUNCTION(mdb_get)    \
    FUNCTION(mdb_put) FUNCTION(mdb_strerror) FUNCTION(mdb_txn_abort)   \
    FUNCTION(mdb_txn_begin) FUNCTION(mdb_txn_commit)
LIBRARY_DECLARE(lmdb, LMDB_FUNCTIONS)

/* SHORT: whole pages are missing. */
enum lmdb_completeness { WHOLE, SHORT, CUT };

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
    MDB_txn *txn; /* reading; the lock is held as long. NULL: none */
    bool holds;   /* it stays, for lookups that follow at once */
    enum lmdb_completeness state; /* of the file, when it began */
    struct str last_key;          /* of a walk, as stored */
    struct bulk *bulk;            /* owned; a build */
};

static inline MDB_val value_of(const char *data, size_t length)
{
    return (MDB_val){ .mv_data = (void *)(uintptr_t)data, .mv_size = length };
}

/* ---- driver_lmdb.c ---- */

/* Set <why> to "<what> PATH: reason"; false. */
bool lmdb_failed(const struct lmdb *l, const char *what, int failure,
                 struct error *why);
/* What the library has returned, as an answer. */
enum answer lmdb_answer(const struct lmdb *l, const char *what, int failure,
                        struct error *why);
MAY_WAIT bool lmdb_lock(const struct lmdb *l, enum lock_kind kind,
                        struct error *why);
void lmdb_unlock(const struct lmdb *l);
/* 0 or what went wrong. Another process may have enlarged the file. */
int lmdb_begin(struct lmdb *l, unsigned flags, MDB_txn **txn);
/* Has the file all pages that are in use? */
enum lmdb_completeness lmdb_completeness(const struct lmdb *l);

/* ---- lmdb_write.c ---- */

/* Store what was kept in memory for a build. */
bool lmdb_store_bulk(struct lmdb *l, struct error *why);
/* The functions of a driver. */
enum answer lmdb_put(void *instance, const char *key, const char *value,
                     struct error *why);
enum answer lmdb_put_plain(void *instance, const char *key, const char *value,
                           struct error *why);
enum answer lmdb_del(void *instance, const char *key, struct error *why);
void lmdb_set_source(void *instance, const struct text_source *source);
bool lmdb_commit(void *instance, struct error *why);

#endif
