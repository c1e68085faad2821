/* SPDX-License-Identifier: ISC
 *
 * notice.h - the transcript of a session, sent to the postmaster.
 */
#ifndef SMTP_NOTICE_H
#define SMTP_NOTICE_H

#include "base/clock.h"
#include "smtp/chat.h"

/* All are borrowed for the call. */
struct smtp_notice {
    const char *recipient;
    const char *subject; /* behind the name of the mail system */
    const char *reason;  /* a line before the transcript, or NULL */
    const char *peer;    /* for the log */
    const struct chat *chat;
    const char *header_from_format;
};

/* Send it. What goes wrong is logged: the session goes on. */
MAY_WAIT void smtp_notice_send(const struct smtp_notice *notice);

#endif
