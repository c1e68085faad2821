/* SPDX-License-Identifier: ISC
 *
 * driver.h - what a table type must provide.
 */
#ifndef TABLE_DRIVER_H
#define TABLE_DRIVER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/str.h"
#include "table/table.h"

enum table_can {
    TABLE_CAN_CREATE = 1 << 0,
    TABLE_CAN_WRITE = 1 << 1,
    TABLE_CAN_WALK = 1 << 2,
    TABLE_IS_PATTERN = 1 << 3,
    TABLE_IS_PRIVATE = 1 << 4, /* not through proxymap by default */
    TABLE_CAN_BLOCK = 1 << 5,  /* a library waits: calls go through offload(),
                                  one at a time */
    TABLE_CAN_WAIT = 1 << 6,   /* waits by io_wait: one call at a time */
    TABLE_IS_WRAPPER = 1 << 7, /* the tables inside fold and check keys */
    TABLE_IS_SHARED_WRITE = 1 << 8, /* safe for several writers: a change is
                                       no reason to restart */
    TABLE_IS_UNAUTH = 1 << 9, /* the data may be anybody's: see
                                 TABLE_NO_UNAUTH */
    TABLE_ASKS_SERVER = 1 << 10, /* maybe over the network: a daemon that has
                                    such a table gets MAY_CONNECT_INET */
    TABLE_HAS_SETTINGS = 1 << 11, /* its file is text that may name others */
    TABLE_KEEPS_ANSWERS = 1 << 12, /* a name service: its answers are good for
                                      a second */
};

/* How a table is to be opened, for the driver. */
struct table_options {
    const char *type; /* for drivers of several types */
    enum table_mode mode;
    unsigned flags;
    const struct table_setup *setup;
    int depth; /* nesting of unionmap, pipemap; at most 10 */
};

struct table_driver {
    const char *type;   /* "socketmap" */
    const char *suffix; /* ".db" for a file beside the source, or NULL */
    unsigned can;
    /* NULL and <why> if it cannot be opened now. The instance belongs to
     * table.c, which frees it by close. */
    void *(*open)(const char *name, const struct table_options *options,
                  struct error *why);
    MAY_WAIT enum answer (*get)(void *instance, const char *key,
                                struct str *value, struct error *why);
    /* ABSENT: a duplicate was kept as it is; <why> names the table and key
     * if that is worth a warning. */
    MAY_WAIT enum answer (*put)(void *instance, const char *key,
                                const char *value, struct error *why);
    /* The same without a NUL, replacing; NULL: as put. */
    MAY_WAIT enum answer (*put_plain)(void *instance, const char *key,
                                      const char *value, struct error *why);
    MAY_WAIT enum answer (*del)(void *instance, const char *key,
                                struct error *why);
    MAY_WAIT enum answer (*next)(void *instance, bool first, struct str *key,
                                 struct str *value, struct error *why);
    /* Of the keys and values that will be put. NULL: table.c needs no help to
     * say where a duplicate is. */
    void (*set_source)(void *instance, const struct text_source *source);
    /* What this instance can, in place of <can>. NULL: <can>. */
    unsigned (*instance_can)(void *instance);
    /* True: the data behind it was replaced. NULL: never. */
    bool (*changed)(void *instance);
    /* NULL: TRUST_UNKNOWN. */
    enum table_trust (*owner)(void *instance, uid_t *owner);
    /* Make durable what was built; false and <why>. NULL: nothing to do. */
    bool (*commit)(void *instance, struct error *why);
    /* Lookups follow each other at once until <on> is false: what guards each
     * may guard all of them. NULL: nothing to gain. */
    void (*hold)(void *instance, bool on);
    void (*close)(void *instance);
};

/* A driver may be loaded from a file that dynamicmaps.cf names: a shared
 * object with a struct table_driver named driver_<type>, and this number, which
 * changes with the struct. TABLE_DRIVER_LOADABLE stands once in its source. */
#define TABLE_DRIVER_VERSION 3u
#define TABLE_DRIVER_LOADABLE                    \
    extern const unsigned table_driver_version;  \
    const unsigned table_driver_version = TABLE_DRIVER_VERSION

/* The enum table_can bits of an open table; proxymap answers "open" with them
 * in <flags>. */
unsigned table_can(const struct table *table);

/* The driver for <type>, built in or loaded from dynamicmaps.cf, or NULL and
 * <why> (unknown type, or known but not built in: which package has it). */
const struct table_driver *driver_find(const char *type, struct error *why);

#endif
