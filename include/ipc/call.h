/* SPDX-License-Identifier: ISC
 *
 * call.h - calling a service of the suite: connect, retry, time limit, close
 * when idle.
 */
#ifndef IPC_CALL_H
#define IPC_CALL_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/stream.h"
#include "ipc/codec.h"

/* Where the folders of sockets are; NULL, as at start: the current directory,
 * which for a daemon is the queue's. For clients made afterwards. */
void ipc_set_folder(const char *queue_directory);

/* No call takes longer than <seconds>, however long its timeout is: somebody
 * waits for our answer, and will not do so for an hour. After a call of a pool
 * that took so long, others have only a moment, until one gets through or half
 * a minute has passed. 0, as at start: the timeouts decide. */
void ipc_set_patience(int seconds);

/* Our parent is master: when it has gone, a call that fails is not tried
 * again, as nobody starts the service any more. */
void ipc_depend_on_parent(void);

struct ipc_pool;

/* One peer, one connection, kept open between calls. Not shared by fibers:
 * a process with many sessions uses an ipc_pool. */
struct ipc_client {
    char *path;             /* owned: "private/rewrite" */
    struct stream *stream;  /* owned; NULL: not connected */
    int timeout_s;          /* ipc_timeout of each call */
    int idle_s;             /* ipc_idle: closed when unused for so long */
    int ttl_s;              /* ipc_ttl */
    deadline_t idle_until, ttl_until;
    struct ipc_pool *pool;  /* that it was taken from, or NULL */
};

void ipc_client_init(struct ipc_client *client, const char *class_name,
                     const char *service, int timeout_s, int idle_s, int ttl_s);
void ipc_client_fini(struct ipc_client *client);
/* The connected stream (reusing the open one if the peer still holds it), or
 * NULL and <why>. */
MAY_WAIT struct stream *ipc_client_stream(struct ipc_client *client,
                                          struct error *why);
void ipc_client_drop(struct ipc_client *client); /* after a protocol error */

/* Send {request = <name>, fields of the request}, receive the reply. An
 * exchange that fails because the idle peer went away is tried again once at
 * once on a new connection, then every second until <timeout_s>, or as long
 * as ipc_set_patience allows; a few seconds, if there is no such service. False:
 * <why>, already logged as a warning ("problem talking to service ..."). */
MAY_WAIT bool ipc_exchange(struct ipc_client *client, struct arena *arena,
                           const char *request_name,
                           const struct ipc_schema *request_schema,
                           const void *request,
                           const struct ipc_schema *reply_schema, void *reply,
                           struct error *why);
#define ipc_call(client, arena, name, qtype, q, rtype, r, why)         \
    ipc_exchange(client, arena, name, &qtype##_schema,                 \
                 1 ? (q) : (const struct qtype *)0, &rtype##_schema,   \
                 1 ? (r) : (struct rtype *)0, why)

/* Connections for many fibers (idle_s or ttl_s 0: never closed for that): each
 * call takes an idle one or opens one. */
struct ipc_pool *ipc_pool_new(const char *class_name, const char *service,
                              int timeout_s, int idle_s, int ttl_s);
void ipc_pool_free(struct ipc_pool *pool);
MAY_WAIT struct ipc_client *ipc_pool_take(struct ipc_pool *pool);
void ipc_pool_give_back(struct ipc_pool *pool, struct ipc_client *client);

/* When a call that begins now must be over. */
deadline_t ipc_call_deadline(int timeout_s);

/* Connect to class/service, write <length> bytes, close: a trigger. False
 * and <why>, and errno, if nobody listens within <timeout_s>. */
MAY_WAIT bool ipc_trigger(const char *class_name, const char *service,
                          const void *bytes, size_t length, int timeout_s,
                          struct error *why);

/* The same with lines, over a connection that is kept from one time to the
 * next: *kept, which is -1 at first. A service that does not keep its end
 * gets a new one each time. */
enum { IPC_TRIGGER_KEEP = 'K' }; /* the first byte over such a connection */
MAY_WAIT bool ipc_trigger_line(int *kept, const char *class_name,
                               const char *service, const char *line,
                               int timeout_s, struct error *why);

#endif
