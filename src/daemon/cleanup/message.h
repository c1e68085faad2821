/* SPDX-License-Identifier: ISC
 *
 * message.h - one message on its way from a client into the queue.
 *
 * The segments of the client's records are handled by envelope.c, header.c,
 * body.c (both below content.c) and extracted.c; each hands over to the next
 * by setting message->segment.
 */
#ifndef CLEANUP_MESSAGE_H
#define CLEANUP_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/time.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/hash.h"
#include "base/str.h"
#include "base/stream.h"
#include "client/rewrite.h"
#include "config/params.h"
#include "ipc/messages/cleanup.h"
#include "mail/message.h"
#include "mail/message_writer.h"
#include "mail/mime.h"

struct message;
struct service_client;
struct find_options;
typedef void segment_handler(struct message *m, int type, const char *text,
                             size_t length);

/* Where the message came from, for log lines; "" when not known. */
struct origin {
    const char *client;   /* "name[address]"; "" is shown as local */
    const char *protocol, *helo;
};

/* What was said of the recipient that comes next. */
struct pending_recipient {
    const char *original;     /* NULL: none */
    const char *dsn_original; /* NULL: none */
    int dsn_notify;
};

/* What the primary headers had. */
struct header_state {
    uint64_t seen;             /* a bit for each enum header_id */
    bool is_resent;
    int received;              /* count */
    const char *message_id, *resent_message_id; /* values, or NULL */
    bool is_over;
    bool tls_not_required;
    bool has_requiretls;
};

struct message {
    struct arena *arena;           /* owned */
    struct arena *scratch;         /* owned; of one header, line, recipient */
    struct arena *results;         /* what addresses become: one of these */
    struct message_writer *writer; /* owned; NULL: there is no file */
    struct stream *out;            /* the writer's */
    const char *id;
    segment_handler *segment;
    bool is_complete;              /* message_end was read */
    bool is_incoming;              /* committed, and to be delivered now */
    int flags;                     /* CLEANUP_ bits */
    int errors;                    /* CLEANUP_STAT_ bits */
    const char *reason;            /* of the first error; NULL: none given */

    struct timeval arrival;
    const char *sender;            /* as it goes into the file; NULL: none */
    const char *fullname;          /* NULL: none */
    const char *encoding;          /* of the client, or of the headers */
    const char *envelope_id, *verp;
    int dsn_return, trace_flags;
    const char *filter, *redirect; /* of checks */
    bool has_findings;             /* they are written */
    enum rewrite_context rewrite;  /* for header addresses */
    struct origin origin;
    struct pending_recipient pending;
    int attributes;                /* of the message; count, for the limit */
    int defer_delay_s;
    bool has_time, has_warn_time;
    int sender_options;            /* MSGOPT_ bits */

    long recipients;               /* R records written */
    struct { ARRAY_OF(struct recipient); } addressed; /* if CLEANUP_BOUNCE */
    const char *last_recipient;    /* as the client gave it, for log lines */
    unsigned notify_union;         /* DSN_NOTIFY_ bits of all recipients */
    bool is_mixed;                 /* others stand behind the first recipient */
    struct hash *seen_recipients;  /* owned */
    struct { ARRAY_OF(const char *); } bcc; /* of BCC actions */

    struct mime *mime;             /* owned; while the content is read */
    struct header_state header;
    const char *last_line;         /* being handled; not owned */
    size_t last_line_length;
    bool last_is_part;             /* and it had no newline */
    struct str changed_line;       /* owned; scratch of content.c */
    bool checks_off;               /* an action has ended the inspection */
    off_t data_offset, extracted_offset;
};

/* ---- main.c, session.c ---- */

MAY_WAIT void session_serve(struct service_client *client);

/* ---- errors: output.c ---- */

/* The first reason counts. <reason>: "5.7.1 text", "452 4.3.1 text" or NULL;
 * constant, or in the arena. */
void message_fail(struct message *m, int status, const char *reason);
/* What makes a message go back to its sender, with CLEANUP_BOUNCE. */
enum { CLEANUP_STAT_RETURNED = CLEANUP_STAT_CONTENT | CLEANUP_STAT_HOPS |
                               CLEANUP_STAT_SIZE };

/* Is the file no longer worth writing? What is to be returned to the sender
 * is still needed for that. */
static inline bool message_failed(const struct message *m)
{
    int returned = m->flags & CLEANUP_BOUNCE
                       ? CLEANUP_STAT_CONTENT | CLEANUP_STAT_HOPS
                       : 0;
    return (m->errors & ~returned) != 0;
}
/* A lookup that could not be made: the client is to try again later. */
void message_defer_lookup(struct message *m, const char *title,
                          const char *key);

/* ---- output.c ---- */

/* Nothing is written after an error. */
void output_record(struct message *m, int type, const char *text,
                   size_t length);
void output_text(struct message *m, int type, const char *text);
void output_format(struct message *m, int type, const char *format, ...)
    PRINTF_LIKE(3, 4);
void output_attribute(struct message *m, const char *name, const char *value);
/* Text with newlines as lines, pieces of line_length_limit at most. */
void output_lines(struct message *m, const char *text, size_t length);
/* message_size as zeros, or (at the end) as it is. */
void output_size(struct message *m, bool final);

/* ---- the segments ---- */

MAY_WAIT void envelope_record(struct message *m, int type, const char *text,
                              size_t length);
/* flags and delay may also come behind the content. */
void envelope_late_record(struct message *m, int type, const char *text);
/* A type of record about one recipient, in envelope or extracted segment:
 * true if it was one and has been dealt with. */
MAY_WAIT bool recipient_record(struct message *m, int type, const char *text);
/* What was said of a recipient who has not come. */
void recipient_forget(struct message *m);
/* "name=value" about a recipient: the same. */
bool recipient_attribute(struct message *m, const char *name,
                         const char *value);
void content_set_up(void);
void content_begin(struct message *m);
MAY_WAIT void content_record(struct message *m, int type, const char *text,
                             size_t length);
MAY_WAIT void extracted_record(struct message *m, int type, const char *text,
                               size_t length);
MAY_WAIT void extracted_begin(struct message *m);

/* ---- header.c, body.c ---- */

void header_set_up(void);
MAY_WAIT void header_handle(void *context, enum mime_place place,
                            const struct header_info *info, const char *text,
                            size_t length, off_t offset);
MAY_WAIT void header_handle_end(void *context);
MAY_WAIT void body_handle(void *context, enum mime_line_kind kind,
                          const char *text, size_t length, off_t offset);

/* ---- missing.c ---- */

/* Add the headers that a message should have and does not have. */
void missing_headers_add(struct message *m);

/* ---- fullname.c ---- */

/* The value of a From: header for <address> and <name> (NULL or "": none). */
const char *fullname_from_header(struct arena *arena, const char *address,
                                 const char *name);

/* ---- recipient.c, bcc.c ---- */

enum bcc_kind { BCC_SENDER, BCC_RECIPIENT };
void bcc_set_up(void);
MAY_WAIT void bcc_of_address(struct message *m, enum bcc_kind kind,
                             const char *address);
MAY_WAIT void bcc_always(struct message *m);

/* Rewrite, map and write a recipient that the sender named. */
MAY_WAIT void recipient_add(struct message *m, const char *address,
                            const struct pending_recipient *about);
/* The same for a copy that was not asked for by the sender: no notices. */
MAY_WAIT void recipient_add_bcc(struct message *m, const char *address);
/* One final recipient, unless it is a duplicate. */
void recipient_write(struct message *m, const char *address,
                     const struct pending_recipient *about);

/* ---- aliases.c ---- */

void aliases_set_up(void);
/* Write <address>, or what virtual_alias_maps have for it. */
MAY_WAIT void aliases_expand(struct message *m, const char *address,
                             const struct pending_recipient *about);

/* ---- rewrite.c, masquerade.c ---- */

enum address_class {
    CLASS_ENVELOPE_SENDER = 1 << 0,
    CLASS_ENVELOPE_RECIPIENT = 1 << 1,
    CLASS_HEADER_SENDER = 1 << 2,
    CLASS_HEADER_RECIPIENT = 1 << 3,
    CLASS_ANY = (1 << 4) - 1,
};
/* "envelope_sender, header_sender": bits; fatal() if a word is unknown, or not
 * one of those <allowed>. */
unsigned address_classes_parse(const char *name, const char *list,
                               unsigned allowed);
void rewrite_set_up(void);
/* Standard form, canonical maps, masquerade. Internal form in and out. */
MAY_WAIT const char *rewrite_address(struct message *m, const char *address,
                                     enum address_class class);
/* All addresses of a header. The header line to use: <text> itself if nothing
 * has changed, or one in m->scratch. */
MAY_WAIT const char *rewrite_header(struct message *m, const char *text,
                                    enum address_class class);
/* How lookups by address are made. */
const struct find_options *rewrite_find_options(void);
bool rewrite_propagates(const char *what);

void masquerade_set_up(void);
MAY_WAIT const char *masquerade(struct message *m, const char *address,
                                enum address_class class);

/* ---- checks.c ---- */

enum check_verdict { CHECK_KEEP, CHECK_DROP };
void checks_set_up(void);
/* header_checks and the like. *text may be replaced (in the arena). */
MAY_WAIT enum check_verdict checks_header(struct message *m,
                                          enum mime_place place,
                                          const struct header_info **info,
                                          const char **text);
MAY_WAIT enum check_verdict checks_body(struct message *m, const char **text,
                                        size_t *length);
bool checks_have_body(void);
/* "QUEUEID: WORD: WHAT from ORIGIN; from=<> to=<> proto= helo=: TEXT" */
void checks_log(const struct message *m, const char *word, const char *kind,
                const char *line, const char *text);

/* ---- finish.c ---- */

/* After message_end: commit, or what is due for a message that is not good.
 * The answer for the client is in m->errors and m->reason. */
MAY_WAIT void finish_message(struct message *m);
/* When the client has its answer, the queue manager may have the message. */
MAY_WAIT void finish_announce(const struct message *m);

#endif
