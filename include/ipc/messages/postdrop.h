/* SPDX-License-Identifier: ISC
 *
 * postdrop.h - what postdrop writes to standard output: one message when it
 * has a file, another when that is on disk or refused.
 *
 * Records of the message come in on standard input in between. The order and
 * the names are Postfix's: its sendmail and ours may use either postdrop.
 */
#ifndef IPC_MESSAGES_POSTDROP_H
#define IPC_MESSAGES_POSTDROP_H

#include "ipc/messages/cleanup.h"
#include "ipc/schema.h"

#define POSTDROP_OPENED(M, FIELD) \
    FIELD(M, STR, protocol)       \
    FIELD(M, STR, queue_id)
IPC_MESSAGE(postdrop_opened, POSTDROP_OPENED)

/* CLEANUP_STAT_ bits */
#define POSTDROP_RESULT(M, FIELD) \
    FIELD(M, INT, status)         \
    FIELD(M, STR, reason)
IPC_MESSAGE(postdrop_result, POSTDROP_RESULT)

#endif
