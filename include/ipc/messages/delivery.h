/* SPDX-License-Identifier: ISC
 *
 * delivery.h - queue manager to delivery agent: one message, some of its
 * recipients, one next hop.
 */
#ifndef IPC_MESSAGES_DELIVERY_H
#define IPC_MESSAGES_DELIVERY_H

#include "ipc/schema.h"

#define DELIVERY_RECIPIENT(M, FIELD) \
    FIELD(M, STR, address)           \
    FIELD(M, STR, original)          \
    FIELD(M, STR, dsn_original)      \
    FIELD(M, INT, dsn_notify)        \
    FIELD(M, INT, offset) /* of its record; 0: not in the file */
IPC_MESSAGE(delivery_recipient, DELIVERY_RECIPIENT)

enum {
    DELIVERY_SUCCESS = 1 << 0,  /* the queue file may be marked */
    DELIVERY_TRACE_ONLY = 1 << 1,
    DELIVERY_CACHE_DEST = 1 << 2, /* connection reuse by next hop */
    DELIVERY_MORE_WAITS = 1 << 3, /* say when the message is written */
};

#define DELIVERY_REQUEST(M, FIELD)              \
    FIELD(M, STR, queue_name)                   \
    FIELD(M, STR, queue_id)                     \
    FIELD(M, INT, flags)                        \
    FIELD(M, INT, data_offset)                  \
    FIELD(M, INT, data_size)   /* content length, bytes */ \
    FIELD(M, STR, nexthop)                      \
    FIELD(M, STR, encoding)                     \
    FIELD(M, INT, sender_options)               \
    FIELD(M, STR, sender)                       \
    FIELD(M, STR, envelope_id)                  \
    FIELD(M, INT, dsn_return)                   \
    FIELD(M, INT, arrival_s)                    \
    FIELD(M, INT, arrival_us)                   \
    FIELD(M, INT, created_s)                    \
    FIELD(M, INT, active_s)  /* when it entered the active queue */ \
    FIELD(M, INT, active_us)                    \
    FIELD(M, INT, trace_flags)                  \
    FIELD(M, STR, verp)                         \
    FIELD(M, STR, message_id)                   \
    FIELD(M, STR, rewrite_context)              \
    FIELD(M, STR, log_client_name)              \
    FIELD(M, STR, log_client_address)           \
    FIELD(M, STR, log_client_port)              \
    FIELD(M, STR, log_protocol_name)            \
    FIELD(M, STR, log_helo_name)                \
    FIELD(M, STR, log_message_origin)           \
    FIELD(M, STR, log_ident)                    \
    FIELD(M, STR, sasl_method)                  \
    FIELD(M, STR, sasl_username)                \
    FIELD(M, STR, sasl_sender)                  \
    FIELD(M, LIST(delivery_recipient), recipients)
IPC_MESSAGE(delivery_request, DELIVERY_REQUEST)

/* status: 0 all recipients are done (delivered or bounced), else some were
 * deferred. hop_*: set when the next hop (or the transport) as a whole could
 * not be used: feedback for the scheduler.
 * is_written: not the reply yet. The recipient has the message, it only has
 * to be made durable; the next delivery to the same place may begin. Sent at
 * most once, and only if DELIVERY_MORE_WAITS was set. */
#define DELIVERY_REPLY(M, FIELD)  \
    FIELD(M, INT, is_written)     \
    FIELD(M, INT, status)         \
    FIELD(M, STR, hop_status)     \
    FIELD(M, STR, hop_reason)
IPC_MESSAGE(delivery_reply, DELIVERY_REPLY)

/* An agent greets with this when it is ready to take a request. */
#define DELIVERY_HELLO(M, FIELD) FIELD(M, STR, protocol)
IPC_MESSAGE(delivery_hello, DELIVERY_HELLO)

#endif
