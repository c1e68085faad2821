/* SPDX-License-Identifier: ISC
 *
 * dispatch.h - the server side of calls: request name to handler.
 */
#ifndef IPC_DISPATCH_H
#define IPC_DISPATCH_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/stream.h"
#include "ipc/schema.h"

struct dispatch_row {
    const char *name;                  /* "resolve" */
    const struct ipc_schema *request;  /* fields after request=name */
    /* Answer on the stream (ipc_send). False: close the connection. */
    MAY_WAIT bool (*handle)(struct stream *s, struct arena *arena,
                            const void *request, void *context);
};

/* Serve requests until the client goes away, is idle for <idle_s>, or a
 * handler returns false. The arena is reset after each. An unknown name is
 * logged and answered by closing. */
MAY_WAIT void dispatch_serve(struct stream *s, const struct dispatch_row *rows,
                             size_t count, int idle_s, int timeout_s,
                             void *context);
/* The process has to end: close the connections that wait for their next
 * request, and the others after the one under way. Clients that want more
 * come to our successor. */
void dispatch_end_idle(void);
/* Call <between> after each request of any connection. It may not wait. */
void dispatch_set_between(void (*between)(void));

#endif
