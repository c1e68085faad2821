/* SPDX-License-Identifier: ISC
 *
 * message.c - a message on its way to cleanup: envelope, Received:, content.
 *
 * The post is opened at the first recipient that is accepted, so that mail
 * which nobody here wants costs no queue file.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "access.h"
#include "base/log.h"
#include "base/text.h"
#include "mail/address.h"
#include "mail/date.h"
#include "mail/dsn_notify.h"
#include "mail/quote.h"
#include "mail/record.h"
#include "notify.h"
#include "session.h"
#include "settings.h"

/* ---- envelope ---- */

static struct stream *out(struct session *s)
{
    return cleanup_post_stream(s->mail.post);
}

/* An attribute without a value is not allowed in a queue file. */
static void put_attribute(struct session *s, const char *name,
                          const char *value)
{
    if (value != NULL && *value != '\0')
        record_putf(out(s), REC_ATTR, "%s=%s", name, value);
}

static int post_flags(const struct session *s)
{
    int flags = CLEANUP_EXTERNAL | CLEANUP_SMTP_REPLY |
                cleanup_utf8_flags("smtpd");

    if (settings()->overrides & OVERRIDE_MAPPINGS)
        flags &= ~(CLEANUP_MAP | CLEANUP_BCC);
    if (settings()->overrides & OVERRIDE_CHECKS)
        flags &= ~CLEANUP_FILTER;
    if (settings()->overrides & OVERRIDE_MILTERS)
        flags &= ~CLEANUP_MILTER;
    if (s->mail.params.smtputf8)
        flags |= CLEANUP_SMTPUTF8;
    return flags;
}

static const char *or_unknown(const char *text)
{
    return text ? text : "unknown";
}

/* For logs: this client, or the one that XFORWARD named. */
static struct forwarded log_client(const struct session *s)
{
    const struct peer *peer = &s->peer;

    if (s->forwarded.given) {
        struct forwarded f = s->forwarded;
        f.port = or_unknown(f.port);
        f.protocol = or_unknown(f.protocol);
        return f;
    }
    return (struct forwarded) {
        .name = peer->name, .address = peer->address,
        .rfc_address = peer->rfc_address, .port = peer->port,
        .helo = s->helo, .protocol = session_protocol(s),
    };
}

static const char *origin_label(struct session *s, const struct forwarded *f)
{
    if (!s->forwarded.given)
        return s->peer.label;
    if (f->address == NULL)
        return or_unknown(f->name);
    return arena_printf(s->line_arena, "%s[%s]", or_unknown(f->name),
                        f->address);
}

/* Where the message came from, once for logs and once for policy. */
static void put_origin(struct session *s)
{
    const struct peer *peer = &s->peer;
    const struct forwarded f = log_client(s);
    const struct {
        const char *name, *value;
    } rows[] = {
        { "log_client_name", or_unknown(f.name) },
        { "log_client_address", or_unknown(f.rfc_address) },
        { "log_client_port", f.port },
        { "log_message_origin", origin_label(s, &f) },
        { "log_helo_name", f.helo },
        { "log_protocol_name", f.protocol },
        { "client_name", peer->name },
        { "reverse_client_name", peer->reverse_name },
        { "client_address", peer->address },
        { "client_port", peer->port },
        { "server_address", peer->server_address },
        { "server_port", peer->server_port },
        { "helo_name", s->helo },
        { "protocol_name", session_protocol(s) },
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        put_attribute(s, rows[i].name, rows[i].value);
    record_putf(out(s), REC_ATTR, "client_address_type=%d",
                addr_family(&peer->addr));
}

/* What a user has no say in: pickup adds it to what postdrop takes. */
static void put_system_part(struct session *s)
{
    record_putf(out(s), REC_TIME, "%ld %ld", (long)s->mail.arrival.tv_sec,
                (long)s->mail.arrival.tv_usec);
    if (*message_params.content_filter != '\0')
        record_put_text(out(s), REC_FILTER, message_params.content_filter);
    put_attribute(s, "log_ident", s->forwarded.ident ? s->forwarded.ident
                                                     : session_id(s));
}

static void put_envelope(struct session *s)
{
    const struct smtp_mail_params *params = &s->mail.params;
    bool is_by_user = cleanup_post_is_by_postdrop(s->mail.post);

    if (!is_by_user)
        put_system_part(s);
    put_attribute(s, "rewrite_context",
                  s->forwarded.rewrite ? s->forwarded.rewrite
                                       : rewrite_context_name(s->rewrite));
    put_attribute(s, "envelope_id", params->envid);
    if (params->ret != DSN_RET_NONE)
        record_putf(out(s), REC_ATTR, "ret_flags=%d", params->ret);
    record_put_text(out(s), REC_FROM, s->mail.sender);
    if (params->has_body)
        put_attribute(s, "encoding", params->body_8bit ? "8bit" : "7bit");
    if (!is_by_user)
        put_origin(s);
    if (params->verp != NULL)
        record_put_text(out(s), REC_VERP,
                        *params->verp ? params->verp
                                      : common_params.default_verp_delimiters);
}

static void log_client_line(struct session *s)
{
    const struct forwarded *f = &s->forwarded;

    log_info("%s: client=%s%s%s%s%s", session_id(s), s->peer.label,
             f->ident ? ", orig_queue_id=" : "", f->ident ? f->ident : "",
             f->given ? ", orig_client=" : "",
             f->given ? origin_label(s, f) : "");
}

/* sendmail -bs, as a user who may not talk to cleanup. */
static bool must_use_postdrop(struct session *s)
{
    const char *path = arena_printf(s->line_arena, "public/%s",
                                    common_params.cleanup_service_name);

    return s->standalone && access(path, W_OK) != 0;
}

static struct cleanup_post *open_post(struct session *s, struct error *why)
{
    return must_use_postdrop(s) ? cleanup_post_by_postdrop(why)
                                : cleanup_post_open(post_flags(s), why);
}

bool message_open(struct session *s)
{
    struct error why = ERROR_NONE;

    s->mail.post = open_post(s, &why);
    if (s->mail.post == NULL) {
        log_warning("cannot reach the cleanup service: %s", why.text);
        notify_problem(s, NOTIFY_RESOURCE);
        return session_reply(s, "451 4.3.0 Error: queue file write error");
    }
    put_envelope(s);
    log_client_line(s);
    return true;
}

void message_put_flags(struct session *s)
{
    int *flags = &s->mail.delegated.flags;

    if (s->mail.post != NULL && *flags != 0)
        record_putf(out(s), REC_FLAGS, "%d", *flags);
    *flags = 0;
}

/* Behind the content: these may also come from rules about its end. */
static void put_delegated(struct session *s)
{
    struct delegated *d = &s->mail.delegated;

    message_put_flags(s);
    if (d->filter != NULL)
        record_put_text(out(s), REC_FILTER, d->filter);
    if (d->redirect != NULL)
        record_put_text(out(s), REC_REDIRECT, d->redirect);
    for (size_t i = 0; i < d->bcc.count; i++)
        record_put_text(out(s), REC_RCPT, d->bcc.items[i]);
}

void message_add_recipient(struct session *s, const char *address,
                           const struct smtp_rcpt_params *params)
{
    if (params->notify != 0)
        record_putf(out(s), REC_ATTR, "notify_flags=%d", params->notify);
    put_attribute(s, "dsn_orig_rcpt", params->orcpt);
    record_put_text(out(s), REC_RCPT, address);
    s->mail.recipients++;
    s->mail.recipient = s->mail.recipients == 1
                            ? arena_strdup(s->mail_arena, address)
                            : NULL;
}

/* ---- content ---- */

static const char *with_protocol(const struct session *s)
{
    return s->mail.params.smtputf8 ? "UTF8SMTP" : session_protocol(s);
}

/* With one recipient the header names it: nobody learns what he did not
 * know. */
static void put_received_end(struct session *s, const char *start)
{
    char date[64];

    date_format(s->mail.arrival.tv_sec, date, sizeof date);
    if (s->mail.recipient == NULL) {
        record_putf(out(s), REC_NORM, "%s;", start);
        record_putf(out(s), REC_NORM, "\t%s", date);
        return;
    }
    record_putf(out(s), REC_NORM, "%s", start);
    record_putf(out(s), REC_NORM, "\tfor <%s>; %s",
                quote_822_dup(s->line_arena, s->mail.recipient), date);
}

static void put_received(struct session *s)
{
    const char *start;

    if (smtpd_params.smtpd_hide_client_session) {
        start = arena_printf(s->line_arena, "Received: by %s (%s) id %s",
                             common_params.myhostname,
                             common_params.mail_name, session_id(s));
        put_received_end(s, start);
        return;
    }
    record_putf(out(s), REC_NORM, "Received: from %s (%s [%s])",
                s->helo ? s->helo : s->peer.name, s->peer.name,
                s->peer.rfc_address);
    start = arena_printf(s->line_arena, "\tby %s (%s) with %s id %s",
                         common_params.myhostname, common_params.mail_name,
                         with_protocol(s), session_id(s));
    put_received_end(s, start);
}

void message_begin_content(struct session *s)
{
    message_put_flags(s);
    record_put(out(s), REC_MESG, "", 0);
    for (size_t i = 0; i < s->mail.prepended.count; i++)
        record_put_text(out(s), REC_NORM, s->mail.prepended.items[i]);
    put_received(s);
    s->mail.size = 0;
}

/* mbox files sent by mistake begin with a line that is no header, and a
 * message cannot begin with a continued one. True: the header begins now. */
static bool put_before_header(struct session *s, int type, const char *text,
                              size_t length)
{
    bool from_line = (length >= 5 && memcmp(text, "From ", 5) == 0) ||
                     (length >= 6 && memcmp(text, ">From ", 6) == 0);

    if (from_line && !s->mail.saw_from_line) {
        s->mail.saw_from_line = true;
        record_put_text(out(s), type,
                        arena_printf(s->line_arena, "X-Mailbox-Line: %.*s",
                                     (int)length, text));
        return false;
    }
    if (length > 0 && (text[0] == ' ' || text[0] == '\t'))
        record_put(out(s), REC_NORM, "", 0);
    return true;
}

void message_put(struct session *s, bool ends_line, const char *text,
                 size_t length)
{
    int type = ends_line ? REC_NORM : REC_CONT;
    long limit = common_params.message_size_limit;

    s->mail.size += (long)length + (ends_line ? 2 : 0);
    if (s->mail.errors != 0)
        return;
    if (limit > 0 && s->mail.size > limit) {
        log_warning("%s: queue file size limit exceeded", session_id(s));
        s->mail.errors |= CLEANUP_STAT_SIZE;
        return;
    }
    if (!s->mail.in_header) {
        s->mail.in_header = put_before_header(s, type, text, length);
        if (!s->mail.in_header)
            return;
    }
    record_put(out(s), type, text, length);
}

/* ---- the end ---- */

static void note_verdict(struct session *s, int status)
{
    static const struct {
        int status;
        enum notify_class class_bit;
    } rows[] = {
        { CLEANUP_STAT_BAD, NOTIFY_SOFTWARE },
        { CLEANUP_STAT_SIZE | CLEANUP_STAT_HOPS, NOTIFY_BOUNCE },
        { CLEANUP_STAT_CONTENT | CLEANUP_STAT_NOPERM | CLEANUP_STAT_DEFER,
          NOTIFY_POLICY },
        { CLEANUP_STAT_WRITE | CLEANUP_STAT_PROXY, NOTIFY_RESOURCE },
        { CLEANUP_STAT_BARE_LF, NOTIFY_PROTOCOL },
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (status & rows[i].status)
            notify_problem(s, rows[i].class_bit);
}

/* "5.7.1 text" or "550 5.7.1 text" of cleanup, or our words for <status>. */
static bool reply_verdict(struct session *s, int status, const char *reason)
{
    const struct cleanup_verdict *verdict = cleanup_verdict(status);

    note_verdict(s, verdict->status);
    if (*reason == '\0')
        return session_reply(s, "%d %s Error: %s", verdict->smtp,
                             verdict->dsn, verdict->text);
    if (strspn(reason, "0123456789") == 3)
        return session_reply(s, "%s", reason);
    bool has_dsn = reason[1] == '.' && (reason[0] == '4' || reason[0] == '5');
    int code = verdict->smtp;
    if (has_dsn && code / 100 != reason[0] - '0')
        code = (reason[0] - '0') * 100 + code % 100;
    return has_dsn ? session_reply(s, "%d %s", code, reason)
                   : session_reply(s, "%d %s %s", code, verdict->dsn, reason);
}

static bool refuse_bare_lf(struct session *s)
{
    s->where = "END-OF-MESSAGE";
    s->recipient = s->mail.recipient;
    session_log(s, "reject", "bare <LF> received");
    return notify_reply(s, NOTIFY_PROTOCOL,
                        "%ld 5.5.2 %s Error: bare <LF> received",
                        smtpd_params.smtpd_forbid_bare_newline_reject_code,
                        common_params.myhostname);
}

static bool finish_post(struct session *s)
{
    const char *id = arena_strdup(s->line_arena, session_id(s));
    struct str reason = STR_EMPTY;
    bool chunked = s->mail.bdat != BDAT_NONE;
    bool good;

    put_delegated(s);
    int status = cleanup_post_finish(s->mail.post, &reason);
    s->mail.post = NULL;
    if (status != CLEANUP_STAT_OK)
        good = reply_verdict(s, status, reason.data);
    else if (chunked)
        good = session_reply(s, "250 2.0.0 Ok: %ld bytes queued as %s",
                             s->mail.size, id);
    else
        good = session_reply(s, "250 2.0.0 Ok: queued as %s", id);
    str_fini(&reason);
    if (good)
        s->errors = s->junk = 0;
    return good;
}

bool message_finish(struct session *s)
{
    const char *where = s->where;
    bool good = false;

    s->in_data = false;
    if (s->mail.errors & CLEANUP_STAT_BARE_LF) {
        refuse_bare_lf(s);
    } else if (s->mail.errors != 0) {
        reply_verdict(s, s->mail.errors, "");
    } else {
        s->where = "END-OF-MESSAGE";
        record_put(out(s), REC_XTRA, "", 0);
        if (access_end_of_data(s))
            good = finish_post(s);
    }
    s->where = where;
    /* Also after a refusal: what follows must begin with MAIL. */
    session_reset_mail(s);
    notify_trim(s);
    return good;
}
