/* SPDX-License-Identifier: ISC
 *
 * transaction.c - MAIL, RCPT, DATA: one message to one server.
 *
 * The commands of a transaction are a list, sent in groups: all that the
 * server may be sent at once is written, then the replies are read in the
 * same order (RFC 2920). Without PIPELINING a group is one command. After
 * the final dot only a 2xx reply means that the server has the message.
 */
#include <string.h>

#include "base/clock.h"
#include "base/sock.h"
#include "mail/dsn_notify.h"
#include "mail/xtext.h"
#include "smtp.h"

enum { GROUP_BYTES_MIN = 512 };

struct step {
    enum phase phase;
    size_t recipient;    /* of PHASE_RCPT */
    const char *command;
};

struct transaction {
    struct session *session;
    struct delivery *delivery;
    struct step *steps;
    size_t count, sent, answered;
    bool *accepted;      /* by recipient */
    size_t accepted_count;
    bool refused;        /* MAIL was: the rest is of no matter */
    bool data_open;      /* 354: the server waits for text */
    struct smtp_reply last; /* of a probe */
};

/* ---- MAIL and RCPT ------------------------------------------------------ */

static bool has(const struct session *s, unsigned extension)
{
    return (s->features & extension) != 0;
}

static void add_xtext(struct str *out, const char *name, const char *text)
{
    str_addf(out, " %s=", name);
    xtext_encode(out, text, "+=");
}

static void add_body(struct str *out, const struct session *s)
{
    const char *encoding = s->delivery->request->wire->encoding;

    if (!has(s, EXT_8BITMIME))
        return;
    if (strcmp(encoding, "8bit") == 0)
        str_add(out, " BODY=8BITMIME");
    else if (strcmp(encoding, "7bit") == 0)
        str_add(out, " BODY=7BIT");
}

static void add_mail_dsn(struct str *out, const struct session *s)
{
    const struct delivery_request *wire = s->delivery->request->wire;

    if (!has(s, EXT_DSN))
        return;
    if (wire->envelope_id[0] != '\0')
        add_xtext(out, "ENVID", wire->envelope_id);
    if (wire->dsn_return == DSN_RET_FULL)
        str_add(out, " RET=FULL");
    if (wire->dsn_return == DSN_RET_HEADERS)
        str_add(out, " RET=HDRS");
}

static const char *mail_command(struct session *s)
{
    struct delivery *d = s->delivery;
    struct str out = STR_EMPTY;

    str_addf(&out, "MAIL FROM:<%s>", d->sender);
    /* A text in another encoding is longer, by what nobody knows yet. */
    if (has(s, EXT_SIZE) && !content_may_change_encoding(s))
        str_addf(&out, " SIZE=%lld", (long long)d->request->wire->data_size);
    add_body(&out, s);
    if (has(s, EXT_SMTPUTF8) && d->needs_utf8)
        str_add(&out, " SMTPUTF8");
    add_mail_dsn(&out, s);
    const char *command = arena_strdup(s->arena, out.data);
    str_fini(&out);
    return command;
}

/* RFC 3461, section 4.2: what the sender gave, or the address as it came. */
static void add_orcpt(struct str *out, const struct recipient *to)
{
    const char *type_end = strchr(to->dsn_original, ';');

    if (type_end != NULL) {
        str_add(out, " ORCPT=");
        str_add_bytes(out, to->dsn_original,
                      (size_t)(type_end + 1 - to->dsn_original));
        xtext_encode(out, type_end + 1, "+=");
    } else if (to->original[0] != '\0') {
        str_add(out, " ORCPT=rfc822;");
        xtext_encode(out, to->original, "+=");
    }
}

static const char *rcpt_command(struct session *s, size_t index)
{
    const struct recipient *to = &s->delivery->request->recipients[index];
    struct str out = STR_EMPTY;

    str_addf(&out, "RCPT TO:<%s>", s->delivery->recipients[index]);
    if (has(s, EXT_DSN)) {
        add_orcpt(&out, to);
        if (to->dsn_notify != 0)
            str_addf(&out, " NOTIFY=%s", dsn_notify_format(to->dsn_notify));
    }
    const char *command = arena_strdup(s->arena, out.data);
    str_fini(&out);
    return command;
}

/* ---- XFORWARD ----------------------------------------------------------- */

static void add_attribute(struct str *out, const struct session *s,
                          unsigned bit, const char *name, const char *value)
{
    if ((s->xforward & bit) == 0)
        return;
    str_addf(out, " %s=", name);
    if (value[0] == '\0' || strcmp(value, "unknown") == 0)
        str_add(out, "[UNAVAILABLE]");
    else
        xtext_encode(out, value, "+=");
}

static const char *xforward_command(struct session *s, bool second)
{
    const struct delivery_request *wire = s->delivery->request->wire;
    struct str out = STR_EMPTY;

    if (!second) {
        add_attribute(&out, s, XFORWARD_NAME, "NAME", wire->log_client_name);
        add_attribute(&out, s, XFORWARD_ADDR, "ADDR", wire->log_client_address);
        add_attribute(&out, s, XFORWARD_PORT, "PORT", wire->log_client_port);
    } else {
        const char *source =
            strcmp(wire->rewrite_context, "local") == 0 ? "LOCAL" : "REMOTE";
        const char *ident =
            wire->log_ident[0] != '\0' ? wire->log_ident : wire->queue_id;
        add_attribute(&out, s, XFORWARD_PROTO, "PROTO",
                      wire->log_protocol_name);
        add_attribute(&out, s, XFORWARD_HELO, "HELO", wire->log_helo_name);
        add_attribute(&out, s, XFORWARD_IDENT, "IDENT", ident);
        if ((s->xforward & XFORWARD_SOURCE) != 0)
            str_addf(&out, " SOURCE=%s", source);
    }
    const char *command = out.length == 0
                              ? NULL
                              : arena_printf(s->arena, "XFORWARD%s", out.data);
    str_fini(&out);
    return command;
}

/* ---- The list of commands ----------------------------------------------- */

static void add_step(struct transaction *t, enum phase phase, size_t recipient,
                     const char *command)
{
    if (command != NULL)
        t->steps[t->count++] = (struct step){ phase, recipient, command };
}

static void make_steps(struct transaction *t)
{
    struct session *s = t->session;
    const struct request *r = t->delivery->request;

    t->steps = arena_array(s->arena, r->count + 4, sizeof *t->steps);
    t->accepted = arena_zalloc(s->arena, r->count * sizeof *t->accepted);
    if (smtp_params.smtp_send_xforward_command && has(s, EXT_XFORWARD)) {
        add_step(t, PHASE_XFORWARD_NAME, 0, xforward_command(s, false));
        add_step(t, PHASE_XFORWARD_HELO, 0, xforward_command(s, true));
    }
    add_step(t, PHASE_MAIL, 0, mail_command(s));
    for (size_t i = 0; i < r->count; i++)
        if (!r->done[i])
            add_step(t, PHASE_RCPT, i, rcpt_command(s, i));
    if (!request_is_probe(t->delivery->request) ||
        strcmp(smtp_params.smtp_address_verify_target, "data") == 0)
        add_step(t, PHASE_DATA, 0, "DATA");
}

/* ---- Replies ------------------------------------------------------------ */

/* Who the client was is for the server's log. */
static void xforward_answered(struct transaction *t,
                              const struct smtp_reply *reply)
{
    if (reply->code / 100 != 2)
        failure_is_minor(t->session, reply);
}

static void mail_answered(struct transaction *t, const struct smtp_reply *reply)
{
    if (reply->code / 100 == 2)
        return;
    t->refused = true;
    failure_message(t->session, reply);
}

static void rcpt_answered(struct transaction *t, size_t index,
                          struct smtp_reply *reply)
{
    if (t->refused)
        return;
    if (reply->code / 100 == 2) {
        t->accepted[index] = true;
        t->accepted_count++;
        t->last = *reply;
        return;
    }
    /* Too many recipients, as old servers say it: RFC 5321, 4.5.3.1.10. */
    if (reply->code == 552 && t->accepted_count > 0) {
        reply->code = 452;
        reply->dsn = arena_printf(t->session->arena, "4%s", reply->dsn + 1);
    }
    failure_recipient(t->session, index, reply);
}

static void data_answered(struct transaction *t, const struct smtp_reply *reply)
{
    if (reply->code / 100 == 3) {
        t->data_open = true;
        t->last = *reply;
        t->last.dsn = "2.0.0";
        return;
    }
    if (reply->code / 100 == 2)
        t->session->problems |= PROBLEM_PROTOCOL;
    if (t->refused || t->accepted_count == 0)
        return;
    t->refused = true;
    failure_message(t->session, reply);
}

static void answered(struct transaction *t, const struct step *step,
                     struct smtp_reply *reply)
{
    if (step->phase == PHASE_RCPT)
        rcpt_answered(t, step->recipient, reply);
    else if (step->phase == PHASE_DATA)
        data_answered(t, reply);
    else if (step->phase == PHASE_MAIL)
        mail_answered(t, reply);
    else
        xforward_answered(t, reply);
}

/* ---- Groups ------------------------------------------------------------- */

/* Is the rest of the list still worth sending? */
static bool goes_on(const struct transaction *t)
{
    if (t->sent == t->count || t->refused)
        return false;
    return t->steps[t->sent].phase != PHASE_DATA || t->accepted_count > 0;
}

/* What the kernel takes without waiting: while we wait to send, the server
 * may wait for us to read its replies. */
static size_t group_bytes(const struct session *s)
{
    size_t space = (size_t)sock_send_space(stream_fd(s->stream)) / 2;

    return space > GROUP_BYTES_MIN ? space : GROUP_BYTES_MIN;
}

static void send_group(struct transaction *t)
{
    struct session *s = t->session;
    bool pipelining = has(s, EXT_PIPELINING);
    size_t room = pipelining ? GROUP_BYTES_MIN : 0;
    size_t used = 0;

    session_phase(s, t->steps[t->sent].phase);
    do {
        const struct step *step = &t->steps[t->sent++];
        session_send(s, "%s", step->command);
        used += strlen(step->command) + 2;
        if (pipelining && used >= room && room == GROUP_BYTES_MIN)
            room = group_bytes(s);
    } while (t->sent < t->count && used < room);
    stream_flush(s->stream);
}

/* False: the stream failed; dealt with. */
static bool read_group(struct transaction *t)
{
    while (t->answered < t->sent) {
        const struct step *step = &t->steps[t->answered++];
        struct smtp_reply reply;

        session_phase(t->session, step->phase);
        if (!session_reply(t->session, &reply)) {
            failure_stream(t->session);
            return false;
        }
        answered(t, step, &reply);
    }
    return true;
}

static bool run_steps(struct transaction *t)
{
    while (goes_on(t)) {
        send_group(t);
        if (!read_group(t))
            return false;
    }
    return true;
}

/* ---- The message -------------------------------------------------------- */

static bool will_keep(const struct session *s)
{
    return reuse_wanted(s->delivery) && reuse_possible(s);
}

/* The dot; with it QUIT, if that is all we want of this server. */
static void send_dot(struct session *s)
{
    if (s->pix & PIX_DELAY_DOT) {
        stream_flush(s->stream);
        clock_sleep_ms(1000LL * smtp_params.smtp_pix_workaround_delay_time);
    }
    session_send(s, ".");
    if (has(s, EXT_PIPELINING) && !will_keep(s)) {
        session_send(s, "QUIT");
        s->quit_sent = true;
    }
    /* Still within the time for the text, of which much may be unsent. */
    if (stream_flush(s->stream))
        session_phase(s, PHASE_DOT);
}

/* SMTP: one reply for all. */
static void read_verdict(struct transaction *t)
{
    struct smtp_reply reply;

    if (!session_reply(t->session, &reply)) {
        failure_stream(t->session);
        return;
    }
    if (reply.code / 100 != 2) {
        failure_message(t->session, &reply);
        return;
    }
    for (size_t i = 0; i < t->delivery->request->count; i++)
        if (t->accepted[i])
            recipient_delivered(t->session, i, &reply);
}

/* LMTP: a reply for each recipient that was accepted: RFC 2033, 4.2. */
static void read_verdicts(struct transaction *t)
{
    for (size_t i = 0; i < t->delivery->request->count; i++) {
        struct smtp_reply reply;

        if (!t->accepted[i])
            continue;
        session_phase(t->session, PHASE_DOT);
        if (!session_reply(t->session, &reply)) {
            failure_stream(t->session);
            return;
        }
        if (reply.code / 100 == 2)
            recipient_delivered(t->session, i, &reply);
        else
            failure_recipient(t->session, i, &reply);
    }
}

static void send_message(struct transaction *t)
{
    struct session *s = t->session;

    session_phase(s, PHASE_BODY);
    enum content_end end = content_send(s, t->accepted);
    if (end != CONTENT_WHOLE) {
        failure_content(s, end);
        return;
    }
    send_dot(s);
    if (s->is_lmtp)
        read_verdicts(t);
    else
        read_verdict(t);
}

/* The server waits for text, and nobody is there to get it: RFC 2920,
 * section 3.1. */
static void send_nothing(struct session *s)
{
    struct smtp_reply reply;

    send_dot(s);
    /* LMTP: no recipients, no reply. */
    if (!s->is_lmtp && !session_reply(s, &reply))
        s->is_dead = true;
}

/* ---- Before and after --------------------------------------------------- */

static bool may_send(struct session *s)
{
    struct delivery *d = s->delivery;
    long long size = d->request->wire->data_size;

    if (has(s, EXT_SIZE) && s->size_limit > 0 && size > s->size_limit) {
        failure_message_local(s, "5.3.4", "message size %lld exceeds size "
                                          "limit %ld of server %s",
                              size, s->size_limit, s->label);
        return false;
    }
    if (!d->needs_utf8 || has(s, EXT_SMTPUTF8))
        return true;
    /* Another server may offer it. */
    failure_message_local(s, d->is_final ? "5.6.7" : "4.6.7",
                          "SMTPUTF8 is required, but was not offered by host "
                          "%s",
                          s->label);
    return false;
}

/* A probe is answered by the last reply that was good. */
static void finish_probe(struct transaction *t)
{
    if (t->refused)
        return;
    for (size_t i = 0; i < t->delivery->request->count; i++)
        if (t->accepted[i])
            recipient_delivered(t->session, i, &t->last);
    /* Leave DATA without a message. */
    if (t->data_open)
        t->session->is_dead = true;
}

/* Make the server forget, so that others may use the connection; before QUIT
 * some servers want it, too. */
static void reset(struct session *s)
{
    struct smtp_reply reply;

    session_phase(s, PHASE_LAST_RSET);
    session_send(s, "RSET");
    if (!session_reply(s, &reply))
        s->is_dead = true;
    else if (reply.code / 100 != 2)
        s->no_reuse = true;
}

void session_transact(struct session *s)
{
    struct transaction t = { .session = s, .delivery = s->delivery };

    if (!may_send(s))
        return;
    make_steps(&t);
    if (!run_steps(&t))
        return;
    bool complete = t.data_open && !t.refused && t.accepted_count > 0;
    if (request_is_probe(t.delivery->request))
        finish_probe(&t);
    else if (complete)
        send_message(&t);
    else if (t.data_open)
        send_nothing(s);
    if (complete && !request_is_probe(t.delivery->request))
        return;
    if (!s->is_dead && (!t.data_open || will_keep(s)))
        reset(s);
}
