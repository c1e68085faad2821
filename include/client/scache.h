/* SPDX-License-Identifier: ISC
 *
 * scache.h - keeping open sessions for others to use.
 */
#ifndef CLIENT_SCACHE_H
#define CLIENT_SCACHE_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/stream.h"
#include "ipc/messages/small.h"

enum scache_label { SCACHE_SITE, SCACHE_SERVER };

/* Keep <stream>, which is the caller's no more: at first in this process,
 * where the next delivery often wants it. One that was kept here before goes
 * to the service. <timeout_s>: connection_cache_protocol_timeout. A service
 * that does not answer is left alone for a minute. */
MAY_WAIT void scache_put(const char *site, const char *server, int ttl_s,
                         const struct scache_session *session,
                         struct stream *stream, int timeout_s);
/* Nothing more to deliver at the moment: others may have what is kept here. */
MAY_WAIT void scache_share(void);
/* A session with that label: its stream, which is the caller's, and <session>,
 * texts in <arena>. NULL: there is none. *is_fresh: it was kept here, a moment
 * ago, and the server is quiet. */
MAY_WAIT struct stream *scache_take(struct arena *arena,
                                    enum scache_label kind, const char *label,
                                    struct scache_session *session,
                                    bool *is_fresh, int timeout_s);

#endif
