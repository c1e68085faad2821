/* SPDX-License-Identifier: ISC
 *
 * bounce.h - private/bounce, private/defer, private/trace.
 *
 * One program serves all three; the service name says which log it keeps.
 */
#ifndef IPC_MESSAGES_BOUNCE_H
#define IPC_MESSAGES_BOUNCE_H

#include "ipc/schema.h"

enum {
    BOUNCE_FLAG_CLEAN = 1 << 0,    /* remove the log when appending fails */
    BOUNCE_FLAG_DELRCPT = 1 << 1,  /* mark recipients done in the queue file */
    BOUNCE_FLAG_COPY = 1 << 2,     /* postmaster copy */
};

/* request "append": one recipient's status into the log of <queue_id> */
#define BOUNCE_APPEND(M, FIELD)   \
    FIELD(M, INT, flags)          \
    FIELD(M, STR, queue_id)       \
    FIELD(M, STR, original)       \
    FIELD(M, STR, recipient)      \
    FIELD(M, INT, offset)         \
    FIELD(M, STR, dsn_original)   \
    FIELD(M, INT, dsn_notify)     \
    FIELD(M, STR, status)         \
    FIELD(M, STR, action)         \
    FIELD(M, STR, diag_type)      \
    FIELD(M, STR, diag_text)      \
    FIELD(M, STR, mta_type)       \
    FIELD(M, STR, mta_name)       \
    FIELD(M, STR, reason)
IPC_MESSAGE(bounce_append, BOUNCE_APPEND)

/* requests "flush" (non-delivery, or delivery status when trace), "warn"
 * (delay), "verp" (one notice a recipient): send what the log says */
#define BOUNCE_NOTIFY(M, FIELD)   \
    FIELD(M, INT, flags)          \
    FIELD(M, STR, queue_name)     \
    FIELD(M, STR, queue_id)       \
    FIELD(M, STR, encoding)       \
    FIELD(M, INT, sender_options) \
    FIELD(M, STR, sender)         \
    FIELD(M, STR, envelope_id)    \
    FIELD(M, INT, dsn_return)     \
    FIELD(M, INT, trace_flags)    \
    FIELD(M, STR, message_id)     \
    FIELD(M, STR, verp)
IPC_MESSAGE(bounce_notify, BOUNCE_NOTIFY)

/* request "one": a notice for one recipient without a log */
#define BOUNCE_ONE(M, FIELD)              \
    FIELD(M, MSG(bounce_notify), message) \
    FIELD(M, MSG(bounce_append), recipient)
IPC_MESSAGE(bounce_one, BOUNCE_ONE)

/* 0: done (on stable storage), 1: try again later */
#define BOUNCE_REPLY(M, FIELD) FIELD(M, INT, status)
IPC_MESSAGE(bounce_reply, BOUNCE_REPLY)

#endif
