/* SPDX-License-Identifier: ISC
 *
 * remote.h - a connection to a table server that is kept for a while.
 */
#ifndef TABLE_REMOTE_H
#define TABLE_REMOTE_H

#include <stdbool.h>

#include "base/error.h"
#include "base/stream.h"

struct remote;

/* <where>: "inet:host:port", "unix:/path" or "host:port". Connects later. The
 * times are for each operation, for an unused connection and for a
 * connection's life; 0: no limit. NULL and <why> on bad syntax. */
struct remote *remote_new(const char *where, int timeout_s, int idle_s,
                          int life_s, struct error *why);
void remote_free(struct remote *remote); /* NULL allowed */
/* The open connection or a new one; NULL and <why>. */
MAY_WAIT struct stream *remote_stream(struct remote *remote, struct error *why);
/* Was the stream just given open before? */
bool remote_is_reused(const struct remote *remote);
/* Close it: after an error. */
void remote_drop(struct remote *remote);

#endif
