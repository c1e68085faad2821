/* SPDX-License-Identifier: ISC
 *
 * cleanup.h - posting a message through the cleanup service.
 */
#ifndef CLIENT_CLEANUP_H
#define CLIENT_CLEANUP_H

#include <stdbool.h>

#include "base/stream.h"
#include "ipc/messages/cleanup.h"
#include "mail/queue_id.h"

/* One message on its way in. The connection below is kept for the next. */
struct cleanup_post;

/* NULL and <why>: cleanup cannot be reached or has no room: try later. */
MAY_WAIT struct cleanup_post *cleanup_post_open(int flags, struct error *why);
/* The same for a user who may not talk to cleanup: postdrop takes the message.
 * Of the envelope it takes less. */
MAY_WAIT struct cleanup_post *cleanup_post_by_postdrop(struct error *why);
bool cleanup_post_is_by_postdrop(const struct cleanup_post *post);
const char *cleanup_post_id(const struct cleanup_post *post);
/* Records go here (record_put); a failed stream is reported by _finish. */
struct stream *cleanup_post_stream(struct cleanup_post *post);
/* Write REC_END, wait for the verdict. Status bits; <reason> may be NULL. The
 * post is freed. */
MAY_WAIT int cleanup_post_finish(struct cleanup_post *post, struct str *reason);
/* Nothing is kept. NULL is allowed. */
void cleanup_post_cancel(struct cleanup_post *post);
/* The SMTP and DSN codes of the worst bit: "5.3.4", 552, text. */
struct cleanup_verdict {
    int status;          /* bit */
    int smtp;            /* 552 */
    const char *dsn;     /* "5.3.4" */
    const char *text;    /* "message file too big" */
};
const struct cleanup_verdict *cleanup_verdict(int status);

/* A new message of our own (bounces, postmaster notices): opened with sender,
 * recipient and the Received: header; lines by cleanup_post_line. */
MAY_WAIT struct cleanup_post *cleanup_notice_open(const char *sender,
                                                  const char *recipient,
                                                  int flags, int trace_flags,
                                                  int sender_options);
/* Flags for cleanup_post_open, by where a message comes from ("smtpd",
 * "forward", "bounce", "notify", "verify", "sendmail"): is it to be looked
 * through for what needs SMTPUTF8 (smtputf8_autodetect_classes)? */
int cleanup_utf8_flags(const char *origin);
/* Also those that make header and body checks and mail filters look at a
 * message of our own (internal_mail_filter_classes). */
int cleanup_notice_flags(const char *origin);
/* A header such as From:, by header_from_format. */
void cleanup_notice_address(struct cleanup_post *post, const char *header,
                            const char *name, const char *address,
                            const char *format);
/* One line; a newline or CR in it becomes a '?'. */
void cleanup_post_line(struct cleanup_post *post, const char *format, ...)
    PRINTF_LIKE(2, 3);

#endif
