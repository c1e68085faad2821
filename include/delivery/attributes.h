/* SPDX-License-Identifier: ISC
 *
 * attributes.h - "flags=... user=... argv=..." behind pipe and spawn in
 * master.cf.
 */
#ifndef DELIVERY_ATTRIBUTES_H
#define DELIVERY_ATTRIBUTES_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/error.h"

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

/* All texts belong to the caller's words and arena. */
struct attributes {
    unsigned flags;
    const char *eol, *null_sender;
    const char *chroot_folder, *folder; /* NULL: none */
    uid_t uid;
    gid_t gid;
    long size_limit; /* bytes; 0: none */
    const char *const *argv; /* NULL-terminated */
};

/* From the words behind the options, which are written to. False and <why> for
 * what is wrong in them. The command must not run as root or <mail_owner>. */
bool attributes_of_pipe(struct attributes *a, struct arena *arena,
                        char **words, const char *mail_owner,
                        struct error *why);
bool attributes_of_spawn(struct attributes *a, struct arena *arena,
                         char **words, const char *mail_owner,
                         struct error *why);

#endif
