/* SPDX-License-Identifier: ISC
 *
 * report.c - one notice: multipart/report as RFC 3462 and 3464 (and 6533 for
 * internationalized mail) define it, in the layout that people and bounce
 * parsers know. The report-type is always delivery-status: that is what bounce
 * parsers look for.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "bounce.h"
#include "config/params.h"
#include "mail/date.h"
#include "mail/header.h"
#include "mail/message_reader.h"
#include "mail/queue_dir.h"
#include "mail/quote.h"
#include "service/service.h"

enum { WRAP_COLUMN = 79, WRAP_INDENT = 4 };

/* A notice while it is written. */
struct notice {
    const struct report *report;
    struct cleanup_post *post;
    const char *boundary;
    const char *text;                /* for people; not for the postmaster */
    struct message_reader *original; /* NULL: the queue file is gone */
    struct envelope envelope;
    bool utf8; /* message/global and its kin */
};

#define LINE(n, ...) cleanup_post_line((n)->post, __VA_ARGS__)

/* Words wrapped at 79 columns, further lines indented by four. */
static void put_wrapped(struct notice *n, const char *text)
{
    size_t indent = 0;

    while (strlen(text) + indent > WRAP_COLUMN) {
        size_t cut = WRAP_COLUMN - indent;
        while (cut > 0 && text[cut] != ' ')
            cut--;
        if (cut == 0) { /* one long word */
            const char *blank = strchr(text, ' ');
            if (blank == NULL)
                break;
            cut = (size_t)(blank - text);
        }
        LINE(n, "%*s%.*s", (int)indent, "", (int)cut, text);
        text += cut;
        text += strspn(text, " ");
        indent = WRAP_INDENT;
    }
    LINE(n, "%*s%s", (int)indent, "", text);
}

static const char *external(struct notice *n, const char *address)
{
    return quote_822_dup(n->report->arena, address);
}

/* "NAME <address>" or "address (NAME)" by header_from_format; the template
 * has the second form. */
static const char *from_header(struct arena *arena, const char *from)
{
    const char *open = strchr(from, '(');
    size_t length = strlen(from);

    if (strcmp(message_params.header_from_format, "standard") != 0 ||
        open == NULL || open == from || from[length - 1] != ')')
        return from;
    char *address = arena_strndup(arena, from, (size_t)(open - from));
    return arena_printf(arena, "%.*s <%s>",
                        (int)(from + length - 1 - (open + 1)), open + 1,
                        text_trim(address));
}

static void put_headers(struct notice *n)
{
    const struct report *r = n->report;
    char date[64];

    LINE(n, "Date: %s", date_format(time(NULL), date, sizeof date));
    LINE(n, "From: %s", from_header(r->arena, r->template->from));
    LINE(n, "Subject: %s",
         r->for_postmaster ? r->template->postmaster_subject
                           : r->template->subject);
    LINE(n, "To: %s", external(n, r->to));
    if (bounce_params.enable_threaded_bounces &&
        *r->message->message_id != '\0') {
        LINE(n, "References: %s", r->message->message_id);
        LINE(n, "In-Reply-To: %s", r->message->message_id);
    }
    LINE(n, "Auto-Submitted: %s",
         r->for_postmaster ? "auto-generated" : "auto-replied");
    LINE(n, "MIME-Version: 1.0");
    LINE(n, "Content-Type: multipart/report; report-type=delivery-status;");
    LINE(n, "\tboundary=\"%s\"", n->boundary);
    if (common_params.smtputf8_enable)
        LINE(n, "Content-Transfer-Encoding: 8bit");
    LINE(n, "%s", "");
    LINE(n, "This is a MIME-encapsulated message.");
}

static void put_part(struct notice *n, const char *description,
                     const char *type)
{
    LINE(n, "%s", "");
    LINE(n, "--%s", n->boundary);
    LINE(n, "Content-Description: %s", description);
    LINE(n, "Content-Type: %s", type);
}

/* ---- for people ---- */

static void put_template_text(struct notice *n)
{
    char *text = arena_strdup(n->report->arena, n->text);

    for (char *line = text, *end; (end = strchr(line, '\n')) != NULL;
         line = end + 1) {
        *end = '\0';
        LINE(n, "%s", line);
    }
}

static void put_recipient_text(struct notice *n,
                               const struct bounce_append *to)
{
    struct arena *arena = n->report->arena;
    const char *expanded =
        *to->original == '\0' || text_equal_nocase(to->original, to->recipient)
            ? ""
            : arena_printf(arena, " (expanded from <%s>)",
                           external(n, to->original));

    LINE(n, "%s", "");
    put_wrapped(n, arena_printf(arena, "<%s>%s: %s",
                                external(n, to->recipient), expanded,
                                to->reason));
}

static void put_notification(struct notice *n)
{
    const struct report *r = n->report;
    bool eight_bit = common_params.smtputf8_enable;
    bool plain = text_equal_nocase(r->template->charset, "us-ascii");

    put_part(n, "Notification",
             arena_printf(r->arena, "text/plain; charset=%s",
                          eight_bit && plain ? "utf-8"
                                             : r->template->charset));
    if (eight_bit)
        LINE(n, "Content-Transfer-Encoding: 8bit");
    LINE(n, "%s", "");
    if (!r->for_postmaster)
        put_template_text(n);
    for (size_t i = 0; i < r->count; i++)
        put_recipient_text(n, r->recipients[i]);
}

/* ---- for programs: RFC 3464 ---- */

static const char *address_type(struct notice *n, const char *address)
{
    return n->utf8 && !text_is_ascii(address) ? "utf-8" : "rfc822";
}

/* Who sent the message, also when a list's owner or a VERP address gets the
 * notice. */
static const char *original_sender(struct notice *n)
{
    const char *sender = n->envelope.has_sender ? n->envelope.sender
                                                : n->report->message->sender;

    return *sender != '\0' ? sender
                           : arena_printf(n->report->arena, "MAILER-DAEMON@%s",
                                          common_params.myorigin);
}

static void put_message_fields(struct notice *n)
{
    const struct report *r = n->report;
    const char *sender = original_sender(n);
    char date[64];

    LINE(n, "%s", "");
    LINE(n, "Reporting-MTA: dns; %s", common_params.myhostname);
    if (*r->message->envelope_id != '\0')
        LINE(n, "Original-Envelope-Id: %s", r->message->envelope_id);
    LINE(n, "X-%s-Queue-ID: %s", common_params.mail_name,
         r->message->queue_id);
    LINE(n, "X-%s-Sender: %s; %s", common_params.mail_name,
         address_type(n, sender), external(n, sender));
    if (n->envelope.arrival.tv_sec != 0)
        LINE(n, "Arrival-Date: %s",
             date_format(n->envelope.arrival.tv_sec, date, sizeof date));
}

static void put_recipient_fields(struct notice *n,
                                 const struct bounce_append *to)
{
    const struct report *r = n->report;
    struct arena *arena = r->arena;
    char date[64];

    LINE(n, "%s", "");
    LINE(n, "Final-Recipient: %s; %s", address_type(n, to->recipient),
         external(n, to->recipient));
    if (*to->dsn_original != '\0')
        LINE(n, "Original-Recipient: %s", to->dsn_original);
    LINE(n, "Action: %s", r->action != NULL ? r->action : to->action);
    LINE(n, "Status: %s", to->status);
    if (*to->mta_type != '\0' && *to->mta_name != '\0')
        LINE(n, "Remote-MTA: %s; %s", to->mta_type, to->mta_name);
    if (*to->diag_type != '\0' && *to->diag_text != '\0')
        put_wrapped(n, arena_printf(arena, "Diagnostic-Code: %s; %s",
                                    to->diag_type, to->diag_text));
    else
        put_wrapped(n, arena_printf(arena, "Diagnostic-Code: X-%s; %s",
                                    common_params.mail_name, to->reason));
    if (r->is_retried && n->envelope.arrival.tv_sec != 0)
        LINE(n, "Will-Retry-Until: %s",
             date_format(n->envelope.arrival.tv_sec +
                             queue_params.maximal_queue_lifetime,
                         date, sizeof date));
}

static void put_status(struct notice *n)
{
    put_part(n, "Delivery report",
             n->utf8 ? "message/global-delivery-status"
                     : "message/delivery-status");
    if (n->utf8)
        LINE(n, "Content-Transfer-Encoding: 8bit");
    put_message_fields(n);
    for (size_t i = 0; i < n->report->count; i++)
        put_recipient_fields(n, n->report->recipients[i]);
}

/* ---- the message that it is about ---- */

static void put_original_lines(struct notice *n, bool headers_only)
{
    struct str line = STR_EMPTY;
    struct stream *out = cleanup_post_stream(n->post);
    bool at_start = true;
    int type;

    while ((type = message_reader_content(n->original, &line)) > 0) {
        if (headers_only && at_start && !text_is_space(line.data[0]) &&
            header_name_length(line.data, line.length) == 0)
            break;
        record_put(out, type, line.data, line.length);
        at_start = type == REC_NORM;
    }
    if (!at_start)
        record_put(out, REC_NORM, "", 0);
    str_fini(&line);
}

static void put_original(struct notice *n)
{
    const struct report *r = n->report;
    bool headers = r->attached == ATTACH_HEADERS ||
                   n->envelope.content_length > bounce_params.bounce_size_limit;
    const char *what =
        arena_printf(r->arena, "%sMessage%s", r->failed ? "Undelivered " : "",
                     headers ? " Headers" : "");
    const char *type = headers ? (n->utf8 ? "message/global-headers"
                                          : "text/rfc822-headers")
                               : (n->utf8 ? "message/global"
                                          : "message/rfc822");

    put_part(n, what, type);
    if (strcmp(r->message->encoding, "8bit") == 0 ||
        common_params.smtputf8_enable)
        LINE(n, "Content-Transfer-Encoding: 8bit");
    LINE(n, "%s", "");
    LINE(n, "Return-Path: <%s>", external(n, original_sender(n)));
    put_original_lines(n, headers);
}

/* Without the queue file there is still a notice, but nothing attached. False:
 * it cannot be read now, and goes back to the sender another time. */
static bool open_original(struct notice *n)
{
    const struct bounce_notify *m = n->report->message;
    struct error why = ERROR_NONE;
    int fd = queue_dir_open(m->queue_name, m->queue_id, O_RDONLY);

    int number = errno;

    if (fd < 0) {
        log_warning("%s: cannot attach the original message: %s", m->queue_id,
                    strerror(number));
        return number == ENOENT;
    }
    n->original = message_reader_open(stream_open(fd), n->report->arena);
    if (message_reader_envelope(n->original, &n->envelope, &why))
        return true;
    bool is_unreadable = message_reader_is_unreadable(n->original);
    log_warning("%s: cannot attach the original message: %s", m->queue_id,
                why.text);
    message_reader_close(n->original);
    n->original = NULL;
    return !is_unreadable;
}

static enum report_result give_up(struct notice *n)
{
    cleanup_post_cancel(n->post);
    message_reader_close(n->original);
    return REPORT_LATER;
}

static enum report_result result_of(int status)
{
    if (status == CLEANUP_STAT_OK)
        return REPORT_SENT;
    return (status & CLEANUP_STAT_SIZE) != 0 ? REPORT_TOO_BIG : REPORT_LATER;
}

enum report_result report_send(const struct report *report,
                               char id[QUEUE_ID_SIZE])
{
    const struct bounce_notify *m = report->message;
    struct notice n = {
        .report = report,
        .utf8 = common_params.smtputf8_enable &&
                (m->sender_options & MSGOPT_SMTPUTF8) != 0,
        .boundary =
            arena_printf(report->arena, "%s.%ld/%s", m->queue_id,
                         (long)time(NULL), common_params.myhostname),
    };

    if (!report->for_postmaster) {
        n.text = template_text(report->arena, report->template);
        if (n.text == NULL)
            return REPORT_LATER;
    }
    n.post = cleanup_notice_open(
        report->from, report->to,
        CLEANUP_MAP | cleanup_notice_flags("bounce"), 0,
        n.utf8 ? MSGOPT_SMTPUTF8 : 0);
    if (n.post == NULL)
        return REPORT_LATER;
    strncpy(id, cleanup_post_id(n.post), QUEUE_ID_SIZE - 1);
    id[QUEUE_ID_SIZE - 1] = '\0';
    if (!open_original(&n))
        return give_up(&n);
    put_headers(&n);
    put_notification(&n);
    put_status(&n);
    if (n.original != NULL && report->attached != ATTACH_NOTHING)
        put_original(&n);
    if (n.original != NULL && message_reader_is_unreadable(n.original))
        return give_up(&n);
    LINE(&n, "%s", "");
    LINE(&n, "--%s--", n.boundary);
    record_put(cleanup_post_stream(n.post), REC_XTRA, "", 0);
    message_reader_close(n.original);
    return result_of(cleanup_post_finish(n.post, NULL));
}
