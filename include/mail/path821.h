/* SPDX-License-Identifier: ISC
 *
 * path821.h - paths of MAIL FROM and RCPT TO: RFC 5321 section 4.1.2.
 */
#ifndef MAIL_PATH821_H
#define MAIL_PATH821_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"

enum path821_flag {
    PATH821_STRICT = 1 << 0,  /* strict_rfc821_envelopes: <> are needed */
    PATH821_ODD_DOMAIN = 1 << 2, /* "a@" and "a@1.2.3.4" are for trivial-rewrite
                                    to judge: resolve_null_domain and the like */
    PATH821_UTF8 = 1 << 1,    /* SMTPUTF8 was asked for: RFC 6531 */
    PATH821_UNCLOSED = 1 << 3, /* VRFY: a '<' or '"' that nothing closes is a
                                  character of the name, as for Postfix */
};

/* "<@a,@b:user@example.com>" to internal form "user@example.com": the source
 * route is dropped, quotes are resolved. Without STRICT, brackets may be
 * missing and RFC 822 comments and phrases are tolerated as Postfix does.
 * "<>" gives "", and so does text without any address, as ";". The text ends
 * with the path: ESMTP parameters are off. False and *why (a constant text)
 * if it is no path. */
bool path821_parse(struct arena *arena, const char *text, unsigned flags,
                   char **address, const char **why);

#endif
