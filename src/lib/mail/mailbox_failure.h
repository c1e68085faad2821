/* SPDX-License-Identifier: ISC
 *
 * mailbox_failure.h - why a mailbox could not be written, as status and text.
 */
#ifndef MAIL_MAILBOX_FAILURE_H
#define MAIL_MAILBOX_FAILURE_H

#include "mail/mbox.h"

/* Both always return false. */
bool mailbox_failed(struct arena *arena, struct dsn *dsn, const char *status,
                    const char *reason);
bool mailbox_copy_failed(struct arena *arena, struct dsn *dsn,
                         struct message_reader *message,
                         enum copy_result result, int error_number);
/* RFC 3463 code of a failed write: full (5.2.2), or other trouble. */
const char *mailbox_errno_status(int error_number);
/* ... of a mailbox that cannot be opened or locked: 5.2.0, unless another try
 * may help. */
const char *mailbox_open_status(int error_number);

#endif
