/* SPDX-License-Identifier: ISC
 *
 * mailbox_failure.c - why a mailbox could not be written, as status and text.
 */
#include "mailbox_failure.h"

#include <errno.h>
#include <string.h>

const char *mailbox_errno_status(int error_number)
{
    switch (error_number) {
    case EDQUOT:
    case EFBIG: return "5.2.2";
    default: return "4.3.0";
    }
}

const char *mailbox_open_status(int error_number)
{
    switch (error_number) {
    case EAGAIN:
    case ESTALE: return "4.2.0";
    case EDQUOT: return "5.2.2";
    case EINTR:
    case EIO:
    case EMFILE:
    case ENFILE:
    case ENOLCK:
    case ENOMEM:
    case ENOSPC:
    case EROFS: /* so the kernel makes it when the disk has errors */
    case ETIMEDOUT: return "4.3.0";
    default: return "5.2.0";
    }
}

bool mailbox_failed(struct arena *arena, struct dsn *dsn, const char *status,
                    const char *reason)
{
    memset(dsn, 0, sizeof *dsn);
    dsn->status = status;
    dsn->reason = arena_strdup(arena, reason);
    return false;
}

bool mailbox_copy_failed(struct arena *arena, struct dsn *dsn,
                         struct message_reader *message,
                         enum copy_result result, int error_number)
{
    struct error why = ERROR_NONE;

    if (result == COPY_WRITE_FAILED) {
        const char *reason =
            arena_printf(arena, "error writing message: %s",
                         error_number != 0 ? strerror(error_number)
                                           : "unknown error");
        return mailbox_failed(arena, dsn, mailbox_errno_status(error_number),
                              reason);
    }
    if (!message_reader_failed(message, &why))
        error_set(&why, "error reading message");
    return mailbox_failed(arena, dsn, "4.3.0", why.text);
}
