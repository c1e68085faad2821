/* SPDX-License-Identifier: ISC
 *
 * rewrite.h - addresses to standard form. Answers are remembered for 30
 * seconds.
 */
#ifndef CLIENT_REWRITE_H
#define CLIENT_REWRITE_H

#include "base/arena.h"

enum rewrite_context { REWRITE_LOCAL, REWRITE_REMOTE, REWRITE_NONE };
/* Whether '%' and '!' of an address without a domain are routing. */
enum rewrite_routing {
    ROUTING_UNQUOTED, /* unless its local part has to be quoted */
    ROUTING_ALWAYS,
    ROUTING_NEVER,    /* nor is '@': this is a local part */
};
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
/* The same for an address of which it is known what was in quotes. */
MAY_WAIT const char *rewrite_parsed(struct arena *arena,
                                    enum rewrite_context context,
                                    enum rewrite_routing routing,
                                    const char *address);

#endif
