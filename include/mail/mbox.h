/* SPDX-License-Identifier: ISC
 *
 * mbox.h - appending a message to a mailbox file or a maildir.
 */
#ifndef MAIL_MBOX_H
#define MAIL_MBOX_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/error.h"
#include "mail/dsn.h"
#include "mail/mailbox_lock.h"
#include "mail/message_reader.h"

/* How a copy is decorated. Lines end in "\n". */
struct copy_options {
    const char *from_line_sender;   /* "From sender date" line, or NULL */
    const char *return_path;        /* Return-Path: <..> (external), or NULL */
    const char *original_to;        /* X-Original-To:, or NULL or "" */
    const char *delivered_to;       /* Delivered-To:, or NULL */
    bool quote_from;                /* ">From " in the body */
    bool blank_line_at_end;
    bool dot_stuff;                 /* for pipe */
    const char *line_end;           /* "\n" or "\r\n" */
    time_t arrival;
    /* NULL, or called when mailbox or maildir have all of the message, and it
     * has to be synced. */
    void (*written)(void *context);
    void *context;
};
enum copy_result { COPY_OK, COPY_READ_FAILED, COPY_WRITE_FAILED,
                   COPY_CORRUPT };
/* The content of <message> to <out>, decorated. Not flushed. */
enum copy_result message_copy(struct message_reader *message,
                              struct stream *out,
                              const struct copy_options *options);

struct mbox_options {
    unsigned locks;         /* MBOX_LOCK_ bits */
    int lock_attempts, lock_delay_s, stale_lock_s;
    long size_limit;        /* bytes; 0: none */
    uid_t owner;            /* who must own it; with check_owner */
    gid_t group;
    bool check_owner;
    /* For a folder in which users may not make files, such as /var/mail: lock
     * and mailbox are opened as root with the group <spool_gid>, and a new
     * mailbox is given to <owner>:<group>. The message is written as them.
     * Only for a process whose real user is root. */
    bool via_spool;
    gid_t spool_gid;
    bool devices;           /* may be /dev/null or the like */
    off_t *start;           /* NULL, or where to say at which byte of the file
                               the message begins */
};

/* As the current effective user. On failure <dsn> has a status (4.2.0, 5.2.2
 * when the quota or size limit is hit, ...) and a reason that the caller puts
 * behind "cannot update mailbox PATH for user NAME. "; a partial write is
 * truncated away. The locks are not held any more when it is synced. Success
 * means that the mail is on disk. */
MAY_WAIT bool mbox_append(const char *path, struct message_reader *message,
                          const struct copy_options *copy,
                          const struct mbox_options *options,
                          struct arena *arena, struct dsn *dsn);
/* Into a file without a name, or in <folder>/tmp; when it is on disk, it gets
 * its name in new, which is then made durable, too. Folders are made as
 * needed. */
MAY_WAIT bool maildir_deliver(const char *folder,
                              struct message_reader *message,
                              const struct copy_options *copy,
                              long size_limit, const char *host_name,
                              struct arena *arena, struct dsn *dsn);

#endif
