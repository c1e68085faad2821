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

/* One message and its recipients. Nothing if it is gone, or not complete.
 * <has_bounces>: there may be a log of bounces. */
void list_message(struct stream *out, const char *queue, const char *id,
                  const char *path, bool has_bounces);

#endif
