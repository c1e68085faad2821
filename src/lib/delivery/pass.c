/* SPDX-License-Identifier: ISC
 *
 * pass.c - handing a recipient to another transport, as the queue manager
 * would: mailbox_transport, fallback_transport and their maps.
 */
#include <string.h>

#include "base/log.h"
#include "base/sock.h"
#include "base/str.h"
#include "client/client.h"
#include "delivery/agent.h"
#include "ipc/codec.h"

static void fill_wire(struct delivery_request *out,
                      struct delivery_recipient *to, struct request *r,
                      size_t index, const char *nexthop)
{
    const struct recipient *from = &r->recipients[index];

    *to = (struct delivery_recipient){
        .address = from->address,
        .original = from->original,
        .dsn_original = from->dsn_original,
        .dsn_notify = from->dsn_notify,
        .offset = from->offset,
    };
    *out = *r->wire;
    out->flags &= ~DELIVERY_MORE_WAITS;
    out->nexthop = nexthop;
    out->recipients = (struct ipc_list){ .items = to, .count = 1 };
}

static bool exchange(struct stream *s, struct request *r,
                     const struct delivery_request *wire,
                     struct delivery_reply *reply)
{
    struct delivery_hello hello;

    stream_set_timeout(s, client_setup()->ipc_timeout_s);
    return ipc_receive(s, r->arena, delivery_hello, &hello) &&
           ipc_send(s, delivery_request, wire) &&
           ipc_receive(s, r->arena, delivery_reply, reply);
}

static void set_failure(struct dsn *dsn, const char *reason)
{
    memset(dsn, 0, sizeof *dsn);
    dsn->status = "4.3.0";
    dsn->reason = reason;
}

bool delivery_pass(const char *service, const char *nexthop,
                   struct request *r, size_t index, struct dsn *dsn)
{
    char *path = arena_printf(r->arena, "private/%s", service);
    struct error why = ERROR_NONE;
    int fd = sock_connect_unix(
        path, deadline_in_s(client_setup()->ipc_timeout_s), &why);
    if (fd < 0) {
        log_warning("mail transport %s: %s", service, why.text);
        set_failure(dsn, "mail transport unavailable");
        return false;
    }

    struct stream *s = stream_open(fd);
    struct delivery_request wire;
    struct delivery_recipient to;
    struct delivery_reply reply;
    fill_wire(&wire, &to, r, index, nexthop);
    bool ok = exchange(s, r, &wire, &reply);
    if (!ok)
        log_warning("mail transport %s: no answer to a request: %s", service,
                    stream_error_text(s));
    stream_abandon(s);
    if (!ok) {
        set_failure(dsn, "mail transport unavailable");
        return false;
    }
    /* The other agent has logged, recorded and marked the recipient. */
    r->done[index] = true;
    if (reply.status != 0)
        r->deferred = true;
    return true;
}
