/* SPDX-License-Identifier: ISC
 *
 * dsn.h - enhanced status codes and what goes with them: RFC 3463, 3464.
 */
#ifndef MAIL_DSN_H
#define MAIL_DSN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"

/* What became of one recipient. Texts may be NULL. */
struct dsn {
    const char *status;    /* "5.1.1" */
    const char *action;    /* "failed", "delayed", ...; NULL: by status */
    const char *reason;    /* free text */
    const char *diag_type; /* "smtp", "x-unix", "X-Postfix" */
    const char *diag_text;
    const char *mta_type;  /* "dns" */
    const char *mta_name;
};

/* Length of a valid code d.ddd.ddd at the start of <text>, else 0. */
size_t dsn_status_length(const char *text);
/* Split "5.1.1 text" into code and text; <fallback> when there is none. A
 * code whose class is not that of <fallback> is replaced by it. */
void dsn_split(struct arena *arena, const char *fallback, const char *text,
               struct dsn *out);

#endif
