/* SPDX-License-Identifier: ISC
 *
 * cleanup.h - public/cleanup: a new message.
 *
 * The client sends cleanup_open, gets cleanup_opened with the queue ID, then
 * sends records (mail/record.h) up to and with REC_END, and gets
 * cleanup_result. The connection may then carry the next message. Closing
 * before REC_END cancels the message.
 */
#ifndef IPC_MESSAGES_CLEANUP_H
#define IPC_MESSAGES_CLEANUP_H

#include "ipc/schema.h"

enum {
    CLEANUP_BOUNCE = 1 << 0,    /* bounce bad messages; no: the client does */
    CLEANUP_FILTER = 1 << 1,    /* header and body checks */
    CLEANUP_HOLD = 1 << 2,      /* into the hold queue */
    CLEANUP_DISCARD = 1 << 3,
    CLEANUP_BCC = 1 << 4,       /* always_bcc and bcc maps */
    CLEANUP_MAP = 1 << 5,       /* canonical, virtual alias, masquerade */
    CLEANUP_MILTER = 1 << 6,
    CLEANUP_SMTP_REPLY = 1 << 7,/* the reason is wanted as an SMTP reply */
    CLEANUP_SMTPUTF8 = 1 << 8,
    CLEANUP_AUTOUTF8 = 1 << 9,
};
#define CLEANUP_EXTERNAL \
    (CLEANUP_FILTER | CLEANUP_BCC | CLEANUP_MAP | CLEANUP_MILTER)
#define CLEANUP_OPEN(M, FIELD) \
    FIELD(M, STR, protocol)    \
    FIELD(M, INT, flags)
IPC_MESSAGE(cleanup_open, CLEANUP_OPEN)

#define CLEANUP_OPENED(M, FIELD) FIELD(M, STR, queue_id)
IPC_MESSAGE(cleanup_opened, CLEANUP_OPENED)

/* Error bits; several may be set, the worst decides. postdrop ends with them
 * as its exit status, so the numbers are Postfix's. */
enum {
    CLEANUP_STAT_OK = 0,
    CLEANUP_STAT_BAD = 1 << 0,    /* protocol error: 4.3.0 */
    CLEANUP_STAT_WRITE = 1 << 1,  /* queue file write: 4.3.0, 452 when full */
    CLEANUP_STAT_SIZE = 1 << 2,   /* too big: 5.3.4 */
    CLEANUP_STAT_CONTENT = 1 << 3,/* rejected content: 5.7.1 */
    CLEANUP_STAT_HOPS = 1 << 4,   /* too many hops: 5.4.0 */
    CLEANUP_STAT_RCPT = 1 << 6,   /* no recipients: 5.1.0 */
    CLEANUP_STAT_PROXY = 1 << 7,
    CLEANUP_STAT_DEFER = 1 << 8,  /* 4.7.1 */
    CLEANUP_STAT_NOPERM = 1 << 9, /* 5.7.0, postdrop */
    CLEANUP_STAT_BARE_LF = 1 << 10,
};
#define CLEANUP_RESULT(M, FIELD)  \
    FIELD(M, INT, status)         \
    FIELD(M, STR, reason) /* "5.7.1 text", "550 5.7.1 text" or "" */
IPC_MESSAGE(cleanup_result, CLEANUP_RESULT)

#endif
