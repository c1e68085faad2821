/* SPDX-License-Identifier: ISC
 *
 * bounce.h - the parts of the bounce, defer and trace service.
 */
#ifndef BOUNCE_H
#define BOUNCE_H

#include <stdbool.h>
#include <sys/types.h>
#include <time.h>

#include "base/arena.h"
#include "base/str.h"
#include "base/stream.h"
#include "client/cleanup.h"
#include "ipc/messages/bounce.h"
#include "mail/message.h"

enum { LOG_PIECE_MAX = 4 << 20 }; /* bytes of a log, read at a time */

/* append.c: one recipient into the log of its message, durably. */
bool log_append(const char *log, const struct bounce_append *entry);

/* log_reader.c: the recipients of a log, in order. */
struct log_entries {
    struct bounce_append *items; /* in the arena */
    size_t count;
};
/* LOG_READ_PART: there are more, beginning at *position. */
enum log_result { LOG_READ, LOG_READ_PART, LOG_MISSING, LOG_FAILED };
/* From byte *position on, which is 0 at first, and moved on. */
enum log_result log_read(struct arena *arena, const char *log, const char *id,
                         off_t *position, struct log_entries *out);

/* template.c: the words of a notice. */
enum template_kind { TEMPLATE_FAILURE, TEMPLATE_DELAY, TEMPLATE_SUCCESS,
                     TEMPLATE_VERIFY, TEMPLATE_KINDS };
struct template {
    const char *name;
    const char *origin;   /* for messages: a path, or "[built-in]" */
    const char *charset, *from, *subject, *postmaster_subject;
    const char *text;     /* lines, not expanded */
};
void templates_load(const char *path); /* "": built-in ones only */
const struct template *template_get(enum template_kind kind);
/* The text with its $names replaced, as lines that end in newline. NULL if
 * one does not exist. */
const char *template_text(struct arena *arena, const struct template *t);

/* report.c: one notice. */
enum attachment { ATTACH_MESSAGE, ATTACH_HEADERS, ATTACH_NOTHING };
struct report {
    struct arena *arena;
    const struct bounce_notify *message;
    const struct template *template;
    const struct bounce_append *const *recipients; /* to be reported */
    size_t count;
    const char *to;          /* of the notice, internal form */
    const char *from;        /* envelope sender: "" or double-bounce */
    bool for_postmaster;
    enum attachment attached; /* no more than bounce_size_limit of it */
    bool failed;             /* kinds of part names: undelivered or not */
    bool is_retried;         /* until the message is too old */
    const char *action;      /* of every recipient; NULL: as logged */
};
/* Post it; *id is its queue ID. REPORT_TOO_BIG: message_size_limit is less; a
 * shorter one may be sent. */
enum report_result { REPORT_SENT, REPORT_TOO_BIG, REPORT_LATER };
enum report_result report_send(const struct report *report,
                               char id[QUEUE_ID_SIZE]);

/* notify.c: the requests. Each is true when done for good. */
bool notify_flush(const char *log, const struct bounce_notify *message);
bool notify_warn(const char *log, const struct bounce_notify *message);
bool notify_verp(const char *log, const struct bounce_notify *message);
bool notify_trace(const char *log, const struct bounce_notify *message);
bool notify_one(const struct bounce_notify *message,
                const struct bounce_append *recipient);

#endif
