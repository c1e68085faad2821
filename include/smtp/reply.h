/* SPDX-License-Identifier: ISC
 *
 * reply.h - SMTP replies: reading those of a server.
 */
#ifndef SMTP_REPLY_H
#define SMTP_REPLY_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/stream.h"

struct smtp_reply {
    int code;              /* 100..599; 0: not an SMTP reply */
    const char *text;      /* all lines joined by '\n', with the codes */
    const char *dsn;       /* "5.1.1", or made from the code: "5.0.0" */
    const char *first;     /* text of the first line after code and DSN */
};
/* Read one reply, of several lines perhaps. <line_max> bytes a line,
 * 1000 lines, longer is cut. False: the stream failed (its state says how),
 * or garbage that makes the conversation unusable. */
MAY_WAIT bool smtp_reply_read(struct stream *s, struct arena *arena,
                              size_t line_max, struct smtp_reply *out);

#endif
