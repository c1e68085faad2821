/* SPDX-License-Identifier: ISC
 *
 * virtual.h - what the files of the virtual delivery agent share.
 */
#ifndef VIRTUAL_VIRTUAL_H
#define VIRTUAL_VIRTUAL_H

#include "delivery/agent.h"
#include "table/table.h"

/* Where a recipient's mail goes. */
struct place {
    const char *path;
    uid_t uid;
    gid_t gid;
};

/* tables.c. ABSENT: unknown. FAILED: a table is wrong or out of reach
 * (logged). */
void tables_open(void);
MAY_WAIT enum answer find_place(struct arena *arena, const char *address,
                                struct place *out);

/* mailbox.c */
void mailbox_open(void);
MAY_WAIT void deliver_mailbox(struct request *r, size_t index,
                              const struct place *place);

#endif
