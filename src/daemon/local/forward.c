/* SPDX-License-Identifier: ISC
 *
 * forward.c - posting the message again, for addresses elsewhere.
 *
 * Deliveries with the same sender and Delivered-To: share one new message.
 */
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "client/cleanup.h"
#include "local.h"
#include "mail/date.h"
#include "mail/quote.h"

struct forward {
    struct delivery from; /* the first that asked for it */
    struct { ARRAY_OF(const char *); } to;
};

struct forwards {
    struct { ARRAY_OF(struct forward *); } all;
};

struct forwards *forwards_new(void)
{
    return mem_zalloc(sizeof(struct forwards));
}

static struct forward *find(struct forwards *forwards,
                            const struct delivery *d)
{
    for (size_t i = 0; i < forwards->all.count; i++) {
        struct forward *one = forwards->all.items[i];
        if (strcmp(one->from.sender, d->sender) == 0 &&
            strcmp(one->from.delivered, d->delivered) == 0)
            return one;
    }
    return NULL;
}

enum fate forward_add(const struct delivery *d, const char *address)
{
    struct forwards *forwards = d->job->forwards;
    struct forward *one = find(forwards, d);

    if (!first_time(d, arena_printf(d->job->arena, "forward %s %s %s",
                                    d->sender, d->delivered, address)))
        return FINISHED;
    if (one == NULL) {
        one = ARENA_NEW(d->job->arena, struct forward);
        one->from = *d;
        one->from.to = d->job->request->recipients[d->job->index];
        one->from.to.dsn_notify = d->to.dsn_notify;
        ARRAY_ADD(&forwards->all, one);
    }
    ARRAY_ADD(&one->to, arena_strdup(d->job->arena, address));
    return FINISHED;
}

static void put_attributes(struct stream *out, const struct delivery_request *w)
{
    const struct { const char *name, *value; } rows[] = {
        { "log_client_name", w->log_client_name },
        { "log_client_address", w->log_client_address },
        { "log_client_port", w->log_client_port },
        { "log_protocol_name", w->log_protocol_name },
        { "log_helo_name", w->log_helo_name },
        { "log_message_origin", w->log_message_origin },
        { "log_ident", w->log_ident },
        { "rewrite_context", w->rewrite_context },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].value[0] != '\0')
            record_putf(out, REC_ATTR, "%s=%s", rows[i].name, rows[i].value);
}

static void put_envelope(struct stream *out, const struct forward *one)
{
    struct timeval now = clock_wall();
    const struct recipient *top = &one->from.to;
    bool is_list = one->from.owner != NULL; /* RFC 3461, section 5.2.7.3 */
    const struct delivery_request *w = one->from.job->request->wire;

    if (w->sender_options != 0)
        record_putf(out, REC_SIZE, "%15d %15d %15d %15d %15d %15d", -1, -1, -1,
                    -1, -1, (int)w->sender_options);
    record_putf(out, REC_TIME, "%ld %ld", (long)now.tv_sec,
                (long)now.tv_usec);
    put_attributes(out, w);
    if (w->encoding[0] != '\0')
        record_putf(out, REC_ATTR, "encoding=%s", w->encoding);
    record_put_text(out, REC_FROM, one->from.sender);
    if (w->dsn_return != 0)
        record_putf(out, REC_ATTR, "ret_flags=%d", (int)w->dsn_return);
    if (w->envelope_id[0] != '\0')
        record_putf(out, REC_ATTR, "envelope_id=%s", w->envelope_id);
    for (size_t i = 0; i < one->to.count; i++) {
        if (!is_list && top->dsn_original[0] != '\0')
            record_putf(out, REC_ATTR, "dsn_orig_rcpt=%s", top->dsn_original);
        if (top->dsn_notify != 0)
            record_putf(out, REC_ATTR, "notify_flags=%d", top->dsn_notify);
        if (!is_list && top->original[0] != '\0')
            record_put_text(out, REC_ORIG, top->original);
        record_put_text(out, REC_RCPT, one->to.items[i]);
    }
    record_put(out, REC_MESG, "", 0);
}

static bool put_content(struct cleanup_post *post, const struct forward *one)
{
    struct message_reader *message = one->from.job->request->message;
    struct stream *out = cleanup_post_stream(post);
    struct str line = STR_EMPTY;
    char date[64];
    int type;

    cleanup_post_line(post, "Received: by %s (%s)", common_params.myhostname,
                      common_params.mail_name);
    cleanup_post_line(post, "\tid %s; %s", cleanup_post_id(post),
                      date_format(clock_wall().tv_sec, date, sizeof date));
    if (copy_has_delivered("forward"))
        cleanup_post_line(post, "Delivered-To: %s",
                          quote_822_dup(one->from.job->arena,
                                        one->from.delivered));
    if (!message_reader_rewind_content(message))
        return false;
    while ((type = message_reader_content(message, &line)) >= 0)
        record_put(out, type, line.data, line.length);
    str_fini(&line);
    record_put(out, REC_XTRA, "", 0);
    return type == REC_EOF;
}

static enum fate report_forwarded(const struct forward *one, const char *id)
{
    struct dsn dsn = { .status = "2.0.0",
                       .action = "relayed",
                       .reason = arena_printf(one->from.job->arena,
                                              "forwarded as %s", id) };

    return report_dsn(&one->from, &dsn);
}

static enum fate post(const struct forward *one)
{
    struct error why = ERROR_NONE;
    struct cleanup_post *post =
        cleanup_post_open(cleanup_utf8_flags("forward"), &why);

    if (post == NULL)
        return report_failed(&one->from, "4.3.0",
                             "unable to open a new message: %s", why.text);
    char *id = arena_strdup(one->from.job->arena, cleanup_post_id(post));
    put_envelope(cleanup_post_stream(post), one);
    if (!put_content(post, one)) {
        cleanup_post_cancel(post);
        return report_failed(&one->from, "4.3.0", "queue file read error");
    }
    int status = cleanup_post_finish(post, NULL);
    if (status == CLEANUP_STAT_OK)
        return report_forwarded(one, id);
    const struct cleanup_verdict *verdict = cleanup_verdict(status);
    return report_failed(&one->from, verdict->dsn, "%s", verdict->text);
}

enum fate forwards_finish(struct forwards *forwards)
{
    enum fate fate = FINISHED;

    for (size_t i = 0; i < forwards->all.count; i++) {
        fate = fate_worse(fate, post(forwards->all.items[i]));
        ARRAY_FREE(&forwards->all.items[i]->to);
    }
    ARRAY_FREE(&forwards->all);
    free(forwards);
    return fate;
}
