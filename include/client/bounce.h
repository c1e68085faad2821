/* SPDX-License-Identifier: ISC
 *
 * bounce.h - recording what became of a recipient, and sending the notices.
 *
 * Every function returns true when the record is on stable storage (or was
 * rightly not needed); false means: keep the recipient in the queue.
 */
#ifndef CLIENT_BOUNCE_H
#define CLIENT_BOUNCE_H

#include <stdbool.h>
#include <sys/time.h>

#include "base/arena.h"
#include "ipc/messages/bounce.h"
#include "mail/dsn.h"
#include "mail/message.h"

/* The times that the log line's delay= and delays= come from. Zero: unknown. */
struct delivery_times {
    struct timeval arrival, active_arrive, active_done, agent_handoff,
        connected, delivered;
    int reuse_count; /* conn_use= when above 1 */
    /* tls= field, or NULL. */
    const char *tls;
};

/* The message that a status belongs to. */
struct status_message {
    const char *queue_name, *queue_id, *sender, *encoding, *envelope_id, *verp,
        *message_id; /* NULL is as good as "" */
    int dsn_return, sender_options, trace_flags;
};

/* status=bounced; soft_bounce turns it into a deferral. With a trace-only
 * message it goes to the trace log. */
MAY_WAIT bool bounce_recipient(const struct status_message *message,
                               const struct recipient *to, const char *relay,
                               const struct delivery_times *times,
                               const struct dsn *dsn);
/* Opens the tables of fast_flush_domains, which a deferral asks; to be called
 * before a process gives up its rights. Otherwise they are opened by the first
 * deferral. */
void defer_prepare(void);
/* status=deferred */
MAY_WAIT bool defer_recipient(const struct status_message *message,
                              const struct recipient *to, const char *relay,
                              const struct delivery_times *times,
                              const struct dsn *dsn);
/* status=sent; trace record when the sender asked for one */
MAY_WAIT bool sent_recipient(const struct status_message *message,
                             const struct recipient *to, const char *relay,
                             const struct delivery_times *times,
                             const struct dsn *dsn);
/* Only a record in the trace log, for the report that the sender asked for. */
MAY_WAIT bool trace_recipient(const struct status_message *message,
                              const struct recipient *to,
                              const struct dsn *dsn, const char *action);
/* Just the log line "ID: to=<>, orig_to=<>, relay=, delay=, delays=, dsn=,
 * status=WORD (TEXT)". */
void log_recipient(const char *queue_id, const struct recipient *to,
                   const char *relay, const struct delivery_times *times,
                   const struct dsn *dsn, const char *status);

/* Notices, by the service of that name. */
MAY_WAIT bool bounce_flush(const struct status_message *message);
MAY_WAIT bool bounce_flush_verp(const struct status_message *message);
MAY_WAIT bool defer_flush(const struct status_message *message);
MAY_WAIT bool defer_warn(const struct status_message *message);
MAY_WAIT bool trace_flush(const struct status_message *message);
/* One recipient at once, without a log (bounce of expanded aliases). */
MAY_WAIT bool bounce_one_recipient(const struct status_message *message,
                                   const struct recipient *to,
                                   const char *relay,
                                   const struct delivery_times *times,
                                   const struct dsn *dsn);

#endif
