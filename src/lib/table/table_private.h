/* SPDX-License-Identifier: ISC
 *
 * table_private.h - an open table, for table.c and table_open.c.
 */
#ifndef TABLE_TABLE_PRIVATE_H
#define TABLE_TABLE_PRIVATE_H

#include "base/fiber.h"
#include "base/list.h"
#include "internal.h"

struct table {
    struct list link;
    char *name; /* owned; "hash:/etc/aliases" */
    const struct table_driver *driver;
    void *instance; /* NULL: dead */
    enum table_mode mode;
    unsigned flags, can;
    unsigned users;
    bool busy; /* a driver that serves one at a time is at work */
    struct fiber_gate turn;
    struct error why;
    const struct text_source *source; /* borrowed; of what is put, or NULL */
    struct recent *recent; /* of a table that asks a name service, or NULL */
};

/* Add to why a table could not be opened or read what an administrator can do
 * about it. */
void table_advise(struct table *table);

/* ---- recent.c: answers of the last second, at most 1,000 of them ---- */

struct recent *recent_new(void);
void recent_free(struct recent *recent); /* may be NULL */
/* True: <key> was asked, *answer and, if FOUND, <value> are set. */
bool recent_get(const struct recent *recent, const char *key,
                enum answer *answer, struct str *value);
void recent_put(struct recent *recent, const char *key, enum answer answer,
                const struct str *value);

#endif
