/* SPDX-License-Identifier: ISC
 *
 * scache.h - keeping open sessions for others to use.
 */
#ifndef CLIENT_SCACHE_H
#define CLIENT_SCACHE_H

#include <stdbool.h>

#include "base/arena.h"
#include "ipc/messages/small.h"

enum scache_label { SCACHE_SITE, SCACHE_SERVER };

/* Keep <connection>, which is the caller's no more: at first in this process,
 * where the next delivery often wants it. One that was kept here before goes
 * to the service. <timeout_s>: connection_cache_protocol_timeout. A service
 * that does not answer is left alone for a minute. */
MAY_WAIT void scache_put(const char *site, const char *server, int ttl_s,
                         const struct scache_session *session, int connection,
                         int timeout_s);
/* Nothing more to deliver at the moment: others may have what is kept here. */
MAY_WAIT void scache_share(void);
/* A session with that label: its descriptor, which is the caller's, and
 * <session>, texts in <arena>. -1: there is none. */
MAY_WAIT int scache_take(struct arena *arena, enum scache_label kind,
                         const char *label, struct scache_session *session,
                         int timeout_s);

#endif
