/* SPDX-License-Identifier: ISC
 *
 * message_writer.h - creating a queue file: create, write records, commit.
 *
 * Until commit the file lacks the owner-execute bit and is ignored by all. A
 * crash leaves garbage, never half a mail.
 */
#ifndef MAIL_MESSAGE_WRITER_H
#define MAIL_MESSAGE_WRITER_H

#include "mail/message.h"
#include "mail/queue_dir.h"

struct message_writer;

/* A new file, with an ID of its own, in a queue directory. NULL and <why>. */
struct message_writer *message_writer_create(const char *queue, mode_t mode,
                                             struct error *why);
const char *message_writer_id(const struct message_writer *writer);
const char *message_writer_queue(const struct message_writer *writer);
struct stream *message_writer_stream(struct message_writer *writer);
struct timeval message_writer_created(const struct message_writer *writer);
/* flush, fchmod(0700 | extra), fsync, fsync of the directory. False: <why>,
 * and errno (ENOSPC, EFBIG matter to the caller). <mtime> 0: now. */
MAY_WAIT bool message_writer_commit(struct message_writer *writer, mode_t extra,
                                    time_t mtime, struct error *why);
/* Move to another queue before the commit (hold). */
bool message_writer_move(struct message_writer *writer, const char *queue,
                         struct error *why);
/* An uncommitted file is removed. NULL is allowed. */
void message_writer_free(struct message_writer *writer);

#endif
