/* SPDX-License-Identifier: ISC
 *
 * pipe.h - what the files of the pipe agent share.
 */
#ifndef PIPE_PIPE_H
#define PIPE_PIPE_H

#include "base/array.h"
#include "delivery/agent.h"
#include "delivery/attributes.h"

struct argument_list {
    ARRAY_OF(const char *);
};

/* The command line for this request, in its arena. An argument that names a
 * part of the recipient comes once a recipient. False and <why>: it cannot be
 * understood. */
bool arguments_expand(const struct attributes *a, struct request *r,
                      struct argument_list *out, struct error *why);

/* Run the command and say what became of it. */
MAY_WAIT void pipe_into_command(const struct attributes *a, int time_limit_s,
                                struct request *r,
                                const struct argument_list *arguments,
                                struct dsn *dsn);

#endif
