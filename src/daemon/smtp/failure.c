/* SPDX-License-Identifier: ISC
 *
 * failure.c - what a failure means for the recipients.
 *
 * A soft failure is final only at the last server of the last destination:
 * before that it is logged, and the recipients stay for the next server. What
 * is wrong with a host as a whole is also told to the queue manager, which
 * then leaves the destination alone for a while.
 */
#include <stdarg.h>
#include <string.h>

#include "base/log.h"
#include "mail/dsn_notify.h"
#include "smtp.h"

size_t recipients_left(const struct delivery *d)
{
    size_t left = 0;

    for (size_t i = 0; i < d->request->count; i++)
        left += !d->request->done[i];
    return left;
}

static bool is_soft(const struct dsn *dsn)
{
    return dsn->status[0] == '4';
}

void failure_set(struct delivery *d, const char *status, const char *format,
                 ...)
{
    va_list args;

    va_start(args, format);
    d->why = (struct dsn){
        .status = status,
        .reason = arena_vprintf(d->arena, format, args),
    };
    va_end(args);
}

void failure_settle(struct delivery *d, const char *relay, bool throttle)
{
    struct request *r = d->request;

    /* Until now it was all connecting: the third of the delays. */
    if (r->times.connected.tv_sec == 0)
        r->times.connected = clock_wall();
    for (size_t i = 0; i < r->count; i++)
        if (!r->done[i])
            outcome_by_status(r, i, relay, &d->why);
    if (throttle && is_soft(&d->why) && r->hop.status == NULL)
        r->hop = d->why;
}

/* d->why concerns all recipients that are left. */
static void settle_or_keep(struct session *s, bool throttle)
{
    struct delivery *d = s->delivery;

    if (is_soft(&d->why) && !d->is_final) {
        log_info("%s: %s", d->request->wire->queue_id, d->why.reason);
        return;
    }
    failure_settle(d, s->relay, throttle);
}

/* ---- The stream --------------------------------------------------------- */

void failure_stream(struct session *s)
{
    const char *phase = phase_text(s->phase);

    s->is_dead = true;
    if (s->table_failed) {
        failure_table(s);
        return;
    }
    switch (stream_state(s->stream)) {
    case STREAM_TIMEOUT:
        failure_set(s->delivery, "4.4.2",
                    "conversation with %s timed out while %s", s->label, phase);
        break;
    case STREAM_EOF:
    case STREAM_ERROR:
        failure_set(s->delivery, "4.4.2", "lost connection with %s while %s",
                    s->label, phase);
        break;
    case STREAM_OK:
    case STREAM_LIMIT:
        s->problems |= PROBLEM_PROTOCOL;
        failure_set(s->delivery, "4.5.0",
                    "remote protocol error in reply from %s while %s",
                    s->label, phase);
        break;
    }
    settle_or_keep(s, true);
}

/* ---- Replies ------------------------------------------------------------ */

static char *on_one_line(struct arena *arena, const char *text)
{
    char *copy = arena_strdup(arena, text);

    for (char *c = copy; *c != '\0'; c++)
        if (*c == '\n')
            *c = ' ';
    return copy;
}

/* A reply that is neither yes nor no is a server that cannot be used. */
static const char *failure_status(const struct smtp_reply *reply)
{
    return reply->dsn[0] == '4' || reply->dsn[0] == '5' ? reply->dsn : "5.5.0";
}

static struct dsn dsn_of_reply(struct session *s,
                               const struct smtp_reply *reply,
                               const char *status, const char *reason)
{
    return (struct dsn){
        .status = status,
        .reason = reason,
        .diag_type = "smtp",
        .diag_text = on_one_line(s->arena, reply->text),
        .mta_type = "dns",
        .mta_name = s->server.host,
    };
}

static struct dsn dsn_of_refusal(struct session *s,
                                 const struct smtp_reply *reply)
{
    const char *reason = arena_printf(
        s->arena, "host %s said: %s (in reply to %s command)", s->label,
        on_one_line(s->arena, reply->text), phase_command(s->phase));

    return dsn_of_reply(s, reply, failure_status(reply), reason);
}

void failure_refused(struct session *s, const struct smtp_reply *reply,
                     bool always_soft)
{
    const char *status = failure_status(reply);
    const char *reason =
        arena_printf(s->arena, "host %s refused to talk to me: %s", s->label,
                     on_one_line(s->arena, reply->text));

    if (always_soft && status[0] == '5')
        status = arena_printf(s->arena, "4%s", status + 1);
    s->no_reuse = true;
    s->delivery->why = dsn_of_reply(s, reply, status, reason);
    settle_or_keep(s, true);
}

void failure_is_minor(const struct session *s, const struct smtp_reply *reply)
{
    log_warning("host %s said: %s (in reply to %s command)", s->relay,
                on_one_line(s->arena, reply->text), phase_command(s->phase));
}

void failure_message(struct session *s, const struct smtp_reply *reply)
{
    s->delivery->why = dsn_of_refusal(s, reply);
    settle_or_keep(s, false);
}

static void set_local(struct session *s, const char *status,
                      const char *format, va_list args)
{
    s->delivery->why = (struct dsn){
        .status = status,
        .reason = arena_vprintf(s->arena, format, args),
    };
}

void failure_message_local(struct session *s, const char *status,
                           const char *format, ...)
{
    va_list args;

    va_start(args, format);
    set_local(s, status, format, args);
    va_end(args);
    settle_or_keep(s, false);
}

void failure_table(struct session *s)
{
    s->problems |= PROBLEM_DATA;
    failure_message_local(s, "4.3.0", "local data error while talking to %s",
                          s->label);
}

/* Half a message must not look like a whole one. */
void failure_content(struct session *s, enum content_end end)
{
    s->is_dead = true;
    if (end == CONTENT_UNREADABLE)
        failure_message_local(s, "4.3.0", "message content of %s cannot be "
                                          "read",
                              s->delivery->request->wire->queue_id);
    else if (end == CONTENT_UNCHECKED)
        failure_table(s);
    else
        failure_stream(s);
}

void failure_recipient(struct session *s, size_t index,
                       const struct smtp_reply *reply)
{
    struct delivery *d = s->delivery;
    struct dsn dsn = dsn_of_refusal(s, reply);

    if (is_soft(&dsn) && !d->is_final) {
        d->why = dsn;
        log_info("%s: %s", d->request->wire->queue_id, dsn.reason);
        return;
    }
    outcome_by_status(d->request, index, s->relay, &dsn);
}

/* ---- Success ------------------------------------------------------------ */

/* Who reports success to the sender (RFC 3461, section 5.2.2): the server if
 * it speaks DSN, we if it does not, or if it is the end of the way. */
void recipient_delivered(struct session *s, size_t index,
                         const struct smtp_reply *reply)
{
    struct request *r = s->delivery->request;
    bool speaks_dsn = (s->features & EXT_DSN) != 0;
    bool is_last = (settings()->message_flags & FLAG_FINAL) != 0 ||
                   (s->is_lmtp && !speaks_dsn && smtp_params.lmtp_assume_final);
    struct dsn dsn = dsn_of_reply(s, reply, reply->dsn,
                                  on_one_line(s->arena, reply->text));

    dsn.action = is_last ? "delivered" : "relayed";
    if (speaks_dsn && !is_last)
        r->recipients[index].dsn_notify &= ~DSN_NOTIFY_SUCCESS;
    outcome_sent(r, index, s->relay, &dsn);
}
