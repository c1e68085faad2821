/* SPDX-License-Identifier: ISC
 *
 * agent.h - the skeleton of a delivery agent.
 *
 *     static bool discard_deliver(struct request *r) { ... }
 *     static const struct delivery_agent discard = {
 *         .service = { .name = "discard", ... },
 *         .deliver = discard_deliver,
 *     };
 *     int main(int argc, char **argv)
 *     {
 *         return delivery_main(&discard, argc, argv);
 *     }
 *
 * The skeleton greets the queue manager, reads the request, opens and locks
 * the queue file (shared), calls deliver, marks finished recipients in the
 * file, and replies.
 */
#ifndef DELIVERY_AGENT_H
#define DELIVERY_AGENT_H

#include <stdbool.h>

#include "base/arena.h"
#include "client/bounce.h"
#include "ipc/codec.h"
#include "ipc/messages/delivery.h"
#include "mail/message_reader.h"
#include "service/service.h"

struct request {
    const struct delivery_request *wire; /* all as received */
    struct arena *arena;                 /* lives as long as the request */
    struct message_reader *message;      /* the open queue file */
    int queue_fd;
    struct status_message status;        /* for the client/bounce.h calls */
    struct delivery_times times;         /* filled up to agent_handoff */
    struct recipient *recipients;
    bool *done;                          /* a flag a recipient */
    size_t count;
    bool deferred;                       /* some recipient was deferred */
    struct stream *client;               /* the queue manager */
    /* Set when the next hop as a whole cannot be used. */
    struct dsn hop;
};

struct delivery_agent {
    struct service service; /* .serve is filled in by delivery_main */
    /* Give every recipient an outcome by the functions below. */
    MAY_WAIT void (*deliver)(struct request *request);
    /* NULL, or called when no request has followed the last one at once. */
    MAY_WAIT void (*idle)(void);
};

/* It asks where the message would go, and is delivered nowhere. */
bool request_is_probe(const struct request *r);

/* outcome.h in one: each logs, records and marks recipient <index>. */
MAY_WAIT void outcome_sent(struct request *r, size_t index, const char *relay,
                           const struct dsn *dsn);
MAY_WAIT void outcome_bounced(struct request *r, size_t index,
                              const char *relay, const struct dsn *dsn);
MAY_WAIT void outcome_deferred(struct request *r, size_t index,
                               const char *relay, const struct dsn *dsn);
/* By the class of dsn->status: 2 sent, 4 deferred, 5 bounced. */
MAY_WAIT void outcome_by_status(struct request *r, size_t index,
                                const char *relay, const struct dsn *dsn);
/* The recipient is finished without a status of its own (expanded alias). */
void outcome_done(struct request *r, size_t index);

/* The message is where it has to be, and only the disk is waited for: another
 * delivery to the same recipient may begin, so that one wait serves several.
 * For requests with one recipient; more than once does no harm. */
void delivery_written(struct request *r);

/* Once, before the first delivery: tables that replace "2.1.5 text" of an
 * outcome (<transport>_delivery_status_filter). A result of another class
 * than success or failure was is refused with a warning. */
void delivery_set_status_filter(const char *title, const char *tables);
/* <dsn>, or its replacement in <arena>: for agents that report recipients by
 * client/bounce.h; the outcome functions do it themselves. */
MAY_WAIT struct dsn status_filter_apply(struct arena *arena,
                                        const struct dsn *dsn);

int delivery_main(const struct delivery_agent *agent, int argc, char **argv);

/* Hand recipient <index> to another transport (mailbox_transport,
 * fallback_transport), where it gets its outcome. False: the transport cannot
 * be reached, <dsn> says so, and the outcome is still to be given. */
MAY_WAIT bool delivery_pass(const char *service, const char *nexthop,
                            struct request *r, size_t index, struct dsn *dsn);

#endif
