/* SPDX-License-Identifier: ISC
 *
 * rewrite.h - addresses to standard form. Answers are remembered for 30
 * seconds.
 */
#ifndef CLIENT_REWRITE_H
#define CLIENT_REWRITE_H

#include "base/arena.h"

enum rewrite_context { REWRITE_LOCAL, REWRITE_REMOTE, REWRITE_NONE };
/* "local", "remote", "invalid" and back. */
const char *rewrite_context_name(enum rewrite_context context);
enum rewrite_context rewrite_context_parse(const char *name);
/* Internal form in and out. NULL: no answer in the time that there is
 * (ipc_timeout, or ipc_set_patience), already logged. */
MAY_WAIT const char *rewrite_try(struct arena *arena,
                                 enum rewrite_context context,
                                 const char *address);
/* The same, for those who are useless without an answer: fatal() then. */
MAY_WAIT const char *rewrite_internal(struct arena *arena,
                                      enum rewrite_context context,
                                      const char *address);
/* The same for an address in external form, with its quotes. */
MAY_WAIT const char *rewrite_external(struct arena *arena,
                                      enum rewrite_context context,
                                      const char *address);

#endif
