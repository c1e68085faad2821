/* SPDX-License-Identifier: ISC
 *
 * envelope.c - the records in front of the content.
 *
 * Most are written as they come. What the file must have once, in its place,
 * is made here: create_time behind the arrival time, the time of the delay
 * warning before the first recipient.
 */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/num.h"
#include "base/text.h"
#include "mail/dsn_notify.h"
#include "mail/record.h"
#include "mail/verp.h"
#include "message.h"

static void bad_envelope(struct message *m, const char *what)
{
    if (!(m->errors & CLEANUP_STAT_BAD))
        log_warning("%s: envelope: %s", m->id, what);
    message_fail(m, CLEANUP_STAT_BAD, NULL);
}

static bool is_number(const char *text, long min, long max, long *value)
{
    return num_parse_long(text, min, max, value);
}

/* Whoever reads recipients must know that more stands behind them. */
static void put_record(struct message *m, int type, const char *text)
{
    if (m->recipients > 0)
        m->is_mixed = true;
    output_text(m, type, text);
}

/* ---- attributes ---- */

/* Where the client says the message came from; the first name is that for
 * logs, the second what it was called of old. */
static bool note_origin(struct message *m, const char *name,
                        const char *value)
{
    const struct {
        const char *name;
        const char **to;
    } rows[] = {
        { "log_message_origin", &m->origin.client },
        { "log_protocol_name", &m->origin.protocol },
        { "log_helo_name", &m->origin.helo },
        { "encoding", &m->encoding },
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (strcmp(rows[i].name, name) == 0) {
            *rows[i].to = arena_strdup(m->arena, value);
            return true;
        }
    return false;
}

/* Strangers' headers stay as they are, unless there is a domain to add. */
static enum rewrite_context header_context(const char *name)
{
    enum rewrite_context context = rewrite_context_parse(name);

    if (context == REWRITE_REMOTE &&
        *message_params.remote_header_rewrite_domain == '\0')
        return REWRITE_NONE;
    return context;
}

static void note_attribute(struct message *m, const char *name,
                           const char *value)
{
    long number;

    if (note_origin(m, name, value))
        return;
    if (strcmp(name, "rewrite_context") == 0)
        m->rewrite = header_context(value);
    else if (strcmp(name, "envelope_id") == 0)
        m->envelope_id = arena_strdup(m->arena, value);
    else if (strcmp(name, "ret_flags") == 0 &&
             is_number(value, 0, DSN_RET_HEADERS, &number))
        m->dsn_return = (int)number;
    else if (strcmp(name, "trace_flags") == 0 &&
             is_number(value, 0, INT32_MAX, &number))
        m->trace_flags = (int)number;
}

/* Those of recipients do not count: there are many recipients. */
static void take_attribute(struct message *m, const char *text)
{
    char *name, *value;

    if (!text_split_nameval(arena_strdup(m->scratch, text), &name, &value)) {
        bad_envelope(m, "malformed attribute");
        return;
    }
    if (*value == '\0' || record_attribute_type(name) == REC_CTIME ||
        recipient_attribute(m, name, value))
        return;
    if (++m->attributes > cleanup_params.queue_file_attribute_count_limit) {
        bad_envelope(m, "too many attributes");
        return;
    }
    note_attribute(m, name, value);
    put_record(m, REC_ATTR, arena_printf(m->scratch, "%s=%s", name, value));
}

/* ---- sender and times ---- */

static void take_time(struct message *m, const char *text)
{
    char *rest;
    long seconds = strtol(text, &rest, 10);
    long microseconds = strtol(rest, NULL, 10);

    if (seconds <= 0) {
        bad_envelope(m, "malformed arrival time");
        return;
    }
    m->arrival.tv_sec = seconds;
    m->arrival.tv_usec = microseconds;
    m->has_time = true;
    output_text(m, REC_TIME, text);
    output_format(m, REC_ATTR, "create_time=%ld",
                  (long)message_writer_created(m->writer).tv_sec);
}

/* Who writes as MAILER-DAEMON of this system means the null sender. Only the
 * like costs a question. */
static bool is_mailer_daemon(struct message *m, const char *text)
{
    static const char name[] = "MAILER-DAEMON";

    if (!text_has_prefix_nocase(text, name))
        return false;
    return text_equal_nocase(
        rewrite_internal(m->arena, REWRITE_LOCAL, text),
        arena_printf(m->arena, "%s@%s", name, common_params.myorigin));
}

static void take_sender(struct message *m, const char *text)
{
    if (m->sender != NULL) {
        bad_envelope(m, "more than one sender");
        return;
    }
    const char *sender =
        is_mailer_daemon(m, text)
            ? ""
            : rewrite_address(m, text, CLASS_ENVELOPE_SENDER);
    m->sender = arena_strdup(m->arena, sender);
    if (!text_is_ascii(sender))
        m->sender_options |= m->flags & CLEANUP_AUTOUTF8
                                 ? MSGOPT_SMTPUTF8 | MSGOPT_UTF8_SENDER
                                 : MSGOPT_UTF8_SENDER;
    put_record(m, REC_FROM, sender);
    if (*sender != '\0')
        bcc_of_address(m, BCC_SENDER, sender);
}

/* No warning about delays goes to nobody. */
static void put_warn_time(struct message *m)
{
    int delay_s = queue_params.delay_warning_time;

    if (m->has_warn_time || delay_s <= 0 || m->sender == NULL ||
        *m->sender == '\0')
        return;
    m->has_warn_time = true;
    output_format(m, REC_WARN, "%15ld", (long)m->arrival.tv_sec + delay_s);
}

static void take_verp(struct message *m, const char *text)
{
    const char *wrong = verp_check(text, common_params.verp_delimiter_filter);

    if (wrong != NULL || m->sender == NULL || *m->sender == '\0') {
        bad_envelope(m, wrong != NULL ? wrong : "VERP without a sender");
        return;
    }
    m->verp = arena_strdup(m->arena, text);
    put_record(m, REC_VERP, text);
}

/* Of a client's size record only what the sender asked for is kept. */
static void take_size(struct message *m, const char *text)
{
    enum { OPTIONS = 5 }; /* numbers before that */
    long options = 0;

    for (int i = 0; i <= OPTIONS; i++) {
        char *rest;
        options = strtol(text, &rest, 10);
        if (rest == text)
            return;
        text = rest;
    }
    m->sender_options |= (int)options & (MSGOPT_SMTPUTF8 | MSGOPT_REQUIRETLS);
}

static void take_flags(struct message *m, const char *text)
{
    enum { MAY_ADD = CLEANUP_HOLD | CLEANUP_DISCARD };
    long flags;

    if (!is_number(text, 0, INT32_MAX, &flags))
        bad_envelope(m, "malformed flags");
    else
        m->flags |= (int)flags & MAY_ADD;
}

static void take_delay(struct message *m, const char *text)
{
    long delay_s;

    if (!is_number(text, 0, INT32_MAX, &delay_s))
        bad_envelope(m, "malformed delay");
    else
        m->defer_delay_s = (int)delay_s;
}

void envelope_late_record(struct message *m, int type, const char *text)
{
    if (type == REC_FLAGS)
        take_flags(m, text);
    else
        take_delay(m, text);
}

/* ---- the end of the envelope ---- */

static void end_envelope(struct message *m)
{
    if (!m->has_time)
        bad_envelope(m, "no arrival time");
    if (m->sender == NULL)
        bad_envelope(m, "no sender");
    put_warn_time(m);
    recipient_forget(m);
    output_record(m, REC_MESG, "", 0);
    content_begin(m);
}

void envelope_record(struct message *m, int type, const char *text,
                     size_t length)
{
    (void)length;
    if (type == REC_RCPT)
        put_warn_time(m);
    if (recipient_record(m, type, text))
        return;
    switch (type) {
    case REC_SIZE: take_size(m, text); return;
    case REC_TIME: take_time(m, text); return;
    case REC_FROM: take_sender(m, text); return;
    case REC_ATTR: take_attribute(m, text); return;
    case REC_VERP: take_verp(m, text); return;
    case REC_FLAGS:
    case REC_DELAY: envelope_late_record(m, type, text); return;
    case REC_MESG: end_envelope(m); return;
    case REC_WARN: return; /* ours is counted from the arrival */
    case REC_MILTER_COUNT:
        bad_envelope(m, "mail filters are not built yet");
        return;
    case REC_FULLNAME: m->fullname = arena_strdup(m->arena, text); break;
    case REC_FILTER:
        if (m->sender == NULL) /* content_filter; later ones are of rules */
            break;
        m->filter = arena_strdup(m->arena, text);
        return;
    case REC_INSPECTOR: break;
    case REC_REDIRECT: m->redirect = arena_strdup(m->arena, text); return;
    case REC_KILLED: return;
    default:
        log_warning("%s: unexpected record type %d in the envelope", m->id,
                    type);
        message_fail(m, CLEANUP_STAT_BAD, NULL);
        return;
    }
    put_record(m, type, text);
}
