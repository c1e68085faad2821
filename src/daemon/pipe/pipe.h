/* SPDX-License-Identifier: ISC
 *
 * pipe.h - what the files of the pipe agent share.
 */
#ifndef PIPE_PIPE_H
#define PIPE_PIPE_H

#include <sys/types.h>

#include "base/array.h"
#include "delivery/agent.h"

enum pipe_flag {
    PIPE_BLANK = 1 << 0,       /* B: blank line at the end */
    PIPE_DELIVERED = 1 << 1,   /* D: Delivered-To:, and loops end */
    PIPE_FROM = 1 << 2,        /* F: "From sender date" */
    PIPE_ORIGINAL = 1 << 3,    /* O: X-Original-To: */
    PIPE_RETURN_PATH = 1 << 4, /* R */
    PIPE_FINAL = 1 << 5,       /* X: "delivered", not "relayed" */
    PIPE_FOLD_HOST = 1 << 6,   /* h */
    PIPE_QUOTE = 1 << 7,       /* q */
    PIPE_FOLD_USER = 1 << 8,   /* u */
    PIPE_DOT = 1 << 9,         /* . */
    PIPE_QUOTE_FROM = 1 << 10, /* > */
};

/* The attributes of the service in master.cf; constant after start. */
struct attributes {
    unsigned flags;
    const char *eol, *null_sender;
    const char *chroot_folder, *folder; /* NULL: none */
    uid_t uid;
    gid_t gid;
    long size_limit; /* bytes; 0: none */
    int time_limit_s;
    char *const *argv; /* NULL-terminated */
};

/* From service_arguments(). fatal() for what is wrong in them. */
void attributes_read(struct attributes *a);

struct argument_list {
    ARRAY_OF(const char *);
};

/* The command line for this request, in its arena. An argument that names a
 * part of the recipient comes once a recipient. False and <why>: it cannot be
 * understood. */
bool arguments_expand(const struct attributes *a, struct request *r,
                      struct argument_list *out, struct error *why);

/* Run the command and say what became of it. */
MAY_WAIT void pipe_into_command(const struct attributes *a, struct request *r,
                                const struct argument_list *arguments,
                                struct dsn *dsn);

#endif
