/* SPDX-License-Identifier: ISC
 *
 * store.h - sessions that are kept, by server, and the sites that they serve.
 */
#ifndef SCACHE_STORE_H
#define SCACHE_STORE_H

#include <stdbool.h>

#include "base/clock.h"
#include "base/list.h"
#include "ipc/schema.h"

struct kept_session {
    struct list node;
    char *server;             /* label; owned */
    unsigned char *session;   /* owned */
    size_t length;
    int connection;           /* owned */
    deadline_t until;
};

/* Keep a session; takes over <connection>, copies the rest. */
void store_add(const char *site, const char *server, deadline_t until,
               const struct ipc_bytes *session, int connection);
/* The newest with that label, which is the caller's; NULL: none. */
struct kept_session *store_take_server(const char *server);
struct kept_session *store_take_site(const char *site);
void kept_session_free(struct kept_session *kept);
/* Close what is too old. */
void store_expire(deadline_t now);
/* Log the figures since the last time, if there are any. */
void store_report(void);

#endif
