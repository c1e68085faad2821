/* SPDX-License-Identifier: ISC
 *
 * table.h - one lookup table, of whatever type.
 *
 * table.c does once for all what every driver would repeat: case folding,
 * UTF-8 checks, key flags, tracing, locking and noticing a change. A lookup
 * has three answers; a lookup that failed is never "not found".
 */
#ifndef TABLE_TABLE_H
#define TABLE_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/error.h"
#include "base/str.h"

enum answer { FOUND, ABSENT, FAILED };

enum table_flag {
    TABLE_FOLD = 1 << 0,        /* fold the case of keys (ASCII or Unicode) */
    TABLE_UTF8 = 1 << 1,        /* keys and values must be UTF-8 */
    TABLE_NO_REGSUB = 1 << 2,   /* refuse $number in results (security) */
    TABLE_NO_PROXY = 1 << 3,    /* proxy: is opened in this process */
    TABLE_NO_UNAUTH = 1 << 4,   /* refuse types that others can write */
    TABLE_SRC_RHS_IS_FILE = 1 << 6, /* values in text sources name files; the
                                       table has their content in base64, see
                                       table_decode_file */
    /* For postmap and postalias. */
    TABLE_WITH_NUL = 1 << 9,    /* -N */
    TABLE_WITHOUT_NUL = 1 << 10,/* -n */
    TABLE_DUP_IGNORE = 1 << 11, /* -w */
    TABLE_DUP_REPLACE = 1 << 12,/* -r */
    TABLE_BULK = 1 << 13,       /* building from scratch; an interrupted
                                   build may leave a partial table */
};

enum table_mode { TABLE_READ, TABLE_UPDATE, TABLE_CREATE };

struct table;

/* What tables need to know of the configuration; set once at start. */
enum table_open_errors { TABLE_ERRORS_QUIET, TABLE_ERRORS_LOG,
                         TABLE_ERRORS_FATAL };

struct table_setup {
    const char *config_directory;
    const char *queue_directory;
    const char *default_type;        /* default_database_type */
    const char *cache_type;          /* default_cache_db_type */
    const char *non_bdb_level;       /* non_bdb_migration_level; NULL: none */
    const char *non_bdb_mapping;     /* non_bdb_custom_mapping */
    bool non_bdb_log;                /* non_bdb_migration_log_redirect */
    const char *reindex_service;     /* non_bdb_migration_service_name; NULL:
                                        this process must not ask it */
    const char *proxy_service;       /* "proxymap" */
    const char *proxywrite_service;
    const char *dynamicmaps_directory;
    const char *shlib_directory;     /* of loadable drivers; "no": none */
    long bdb_create_buffer, bdb_read_buffer; /* bytes */
    long lmdb_map_size;
    long socketmap_max_reply_size, socketmap_max_query_size; /* bytes */
    int ipc_timeout_s;
    bool utf8;                       /* smtputf8_enable */
    /* A table cannot be opened, and table_open is not inside another: say so,
     * some times in the life of a process, or end it. */
    enum table_open_errors open_errors;
    /* Where the name of a table stands that cannot be understood, for the log:
     * "parameter x (file, line 1)"; NULL: not known. */
    const char *(*place)(const char *type_and_name, void *context);
    /* For static lookups of other parameters in ldap/sql source files. */
    const char *(*parameter)(const char *name, void *context);
    void *context;
};
void table_set_up(const struct table_setup *setup);

/* Open "type:name". A table that cannot be opened is still returned: each
 * lookup then FAILs and logs why (so that mail is deferred, not lost); only
 * text that is not of the form "type:name" and an unknown type give NULL and
 * <why>. Tables opened twice for reading with the same name and flags are one
 * table. */
struct table *table_open(const char *type_and_name, enum table_mode mode,
                         unsigned flags, struct error *why);
void table_close(struct table *table);
const char *table_name(const struct table *table); /* "hash:/etc/aliases" */
/* Why the last operation FAILED; or, after table_open, why it is dead. Else
 * "". */
const char *table_error(const struct table *table);

/* FOUND: <value> is set. */
MAY_WAIT enum answer table_get(struct table *table, const char *key,
                               struct str *value);
/* What table_get gave is base64 of the content: false and <why> if not. */
bool table_decode_file(struct str *value, struct error *why);
/* FOUND: done (table_del: it was there). ABSENT: duplicate kept / not there. */
MAY_WAIT enum answer table_put(struct table *table, const char *key,
                               const char *value);
/* Store the key as it is, not folded, and both without a NUL: the records
 * that NIS wants in an alias database. */
MAY_WAIT enum answer table_put_plain(struct table *table, const char *key,
                                     const char *value);
MAY_WAIT enum answer table_del(struct table *table, const char *key);
/* Walk: <first> starts over. ABSENT at the end. */
MAY_WAIT enum answer table_next(struct table *table, bool first,
                                struct str *key, struct str *value);
/* Where the lines come from that are put: for warnings. <source> is read at
 * each table_put, until it is set to NULL. */
struct text_source;
void table_set_source(struct table *table, const struct text_source *source);
/* Make what was written durable; false: table_error says why. */
bool table_commit(struct table *table);
/* Lookups follow each other at once until <on> is false: who wants to change
 * the table may have to wait until then. */
void table_hold(struct table *table, bool on);
/* Fixed-string tables may be asked for partial keys (user@, domain). Pattern
 * tables (regexp, pcre, cidr) may not. */
bool table_is_pattern(const struct table *table);
/* The owner of the data: who may be trusted in local delivery. */
enum table_trust { TRUST_UNKNOWN, TRUST_ROOT, TRUST_OWNER };
enum table_trust table_owner(const struct table *table, uid_t *owner);
/* A file below any table opened so far has changed (fstat): log
 * "table NAME has changed -- restarting" and return true. Asked by the
 * service skeleton before a new client is served. */
bool table_any_changed(void);
/* "btree cidr environ ..." one per line for postconf -m; sorted. */
const char *const *table_types(void);

#endif
