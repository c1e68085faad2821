/* SPDX-License-Identifier: ISC
 *
 * report.c - what became of one address: to the log, and to the sender.
 *
 * A recipient that an alias stands for has a status of its own, but no record
 * in the queue file: that of the alias is marked when all are done.
 */
#include <string.h>

#include "local.h"
#include "mail/dsn_notify.h"

/* Failures of a list with an owner are the owner's: the message's bounce log
 * goes to its sender, so a notice of its own is made. */
static bool has_other_sender(const struct delivery *d)
{
    return strcmp(d->sender, d->job->request->wire->sender) != 0;
}

static enum fate bounced(const struct delivery *d, const struct dsn *dsn)
{
    struct request *r = d->job->request;
    struct status_message message = r->status;

    message.sender = d->sender;
    bool done = has_other_sender(d)
                    ? bounce_one_recipient(&message, &d->to, service_name(),
                                           &r->times, dsn)
                    : bounce_recipient(&message, &d->to, service_name(),
                                       &r->times, dsn);
    return done ? FINISHED : KEPT;
}

static enum fate deferred(const struct delivery *d, const struct dsn *dsn)
{
    struct request *r = d->job->request;
    bool recorded =
        defer_recipient(&r->status, &d->to, service_name(), &r->times, dsn);

    if (request_is_probe(d->job->request) && recorded)
        return FINISHED;
    r->deferred = true;
    return KEPT;
}

enum fate report_dsn(const struct delivery *d, const struct dsn *dsn)
{
    struct request *r = d->job->request;
    struct dsn filtered = status_filter_apply(r->arena, dsn);

    switch (filtered.status[0]) {
    case '2':
        return sent_recipient(&r->status, &d->to, service_name(), &r->times,
                              &filtered)
                   ? FINISHED
                   : KEPT;
    case '5': return bounced(d, &filtered);
    default: return deferred(d, &filtered);
    }
}

static enum fate report(const struct delivery *d, const char *status,
                        const char *format, va_list args)
{
    struct dsn dsn = { .status = status,
                       .reason = arena_vprintf(d->job->arena, format, args) };

    return report_dsn(d, &dsn);
}

enum fate report_sent(const struct delivery *d, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    enum fate fate = report(d, "2.0.0", format, args);
    va_end(args);
    return fate;
}

enum fate report_failed(const struct delivery *d, const char *status,
                        const char *format, ...)
{
    va_list args;

    va_start(args, format);
    enum fate fate = report(d, status, format, args);
    va_end(args);
    return fate;
}

enum fate report_misconfigured(const struct delivery *d)
{
    return report_failed(d, "4.3.5", "mail system configuration error");
}

bool report_expanded(struct delivery *d, bool is_list)
{
    struct dsn dsn = { "2.0.0",
                       .reason = "delivery via local: alias expanded" };

    if (request_is_probe(d->job->request))
        return true;
    if ((d->to.dsn_notify & DSN_NOTIFY_SUCCESS) != 0) {
        if (!trace_recipient(&d->job->request->status, &d->to, &dsn,
                             is_list ? "delivered" : "expanded"))
            return false;
        d->to.dsn_notify &= ~DSN_NOTIFY_SUCCESS;
        if (d->to.dsn_notify == 0)
            d->to.dsn_notify = DSN_NOTIFY_NEVER;
    }
    if (is_list)
        d->to.original = d->to.dsn_original = "";
    return true;
}
