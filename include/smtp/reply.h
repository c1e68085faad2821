/* SPDX-License-Identifier: ISC
 *
 * reply.h - SMTP replies: reading those of a server.
 */
#ifndef SMTP_REPLY_H
#define SMTP_REPLY_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/str.h"
#include "base/stream.h"

struct smtp_reply {
    int code;              /* 100..599; 0: not an SMTP reply */
    const char *text;      /* all lines joined by '\n', with the codes; of very
                              many, the first ones */
    const char *dsn;       /* "5.1.1" of the last line, or made from the code:
                              "5.0.0" */
    const char *first;     /* text of the first line after code and DSN */
};
/* Replaces a line (without its line end) before it is looked at. False if it
 * cannot tell: a failed read. */
typedef bool smtp_line_filter(struct str *line, void *context);
/* Read one reply, of several lines perhaps; of each, <line_max> bytes count.
 * <filter> may be NULL. False: the stream failed (its state says how), or
 * garbage that makes the conversation unusable: a line without end, or more
 * than 1000. */
MAY_WAIT bool smtp_reply_read(struct stream *s, struct arena *arena,
                              size_t line_max, smtp_line_filter *filter,
                              void *context, struct smtp_reply *out);

#endif
