/* SPDX-License-Identifier: ISC
 *
 * showq.h - what the files of showq share.
 */
#ifndef SHOWQ_SHOWQ_H
#define SHOWQ_SHOWQ_H

#include "base/hash.h"
#include "base/str.h"
#include "base/stream.h"

/* A name and a value as readers of this protocol know them: third-party
 * programs, too. An empty name ends a list. */
void put_text(struct stream *out, const char *name, const char *value);
void put_number(struct stream *out, const char *name, long value);
void put_end(struct stream *out);

void put_recipient(struct stream *out, const char *original,
                   const char *address, const char *log_class,
                   const char *reason);

/* Recipients as the log <log_class>/<id> has them; each is noted in <seen>. */
void list_log(struct stream *out, const char *log_class, const char *id,
              struct hash *seen);

/* What is kept in memory is to be small: whoever fills <out> may stop then. */
bool listing_is_too_long(const struct stream *out);

/* One message and its recipients. Nothing if it is gone, or not complete.
 * <has_bounces>: there may be a log of bounces. Any thread may do this. */
void list_message(struct stream *out, const char *queue, const char *id,
                  const char *path, bool has_bounces);

/* A file that should be there cannot be opened. From any thread. */
void say_unreadable(const char *folder, const char *id, int reason);

/* All messages of a queue. False: not all could be found, logged. */
bool list_queue(struct stream *client, const char *queue);

#endif
