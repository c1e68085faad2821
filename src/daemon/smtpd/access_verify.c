/* SPDX-License-Identifier: ISC
 *
 * access_verify.c - is there really such an address? Ask the verify service,
 * which probes it by a message that is never delivered.
 */
#include "access.h"
#include "base/clock.h"
#include "client/resolve.h"
#include "client/services.h"

/* What parameters say about sender or recipient. */
struct probe {
    const char *address, *class_name, *dsn;
    long reject_code, defer_code;
    const char *reason;         /* replaces what the probe says; may be "" */
    const char *tempfail_action;
};

static enum access_result refuse(struct access *a, const struct probe *p,
                                 bool gone, const char *reason)
{
    long code = gone ? p->reject_code : p->defer_code;
    const char *what = code / 100 == 5 ? "undeliverable" : "unverified";

    if (code / 100 == 2)
        return ACCESS_DUNNO;
    if (*p->reason != '\0')
        reason = p->reason;
    const char *text = arena_printf(a->s->line_arena,
                                    "<%s>: %s rejected: %s address: %s",
                                    p->address, p->class_name, what, reason);
    if (!gone && code == 450)
        return access_tempfail(a, p->tempfail_action, p->dsn, text);
    return access_reject(a, (int)code, p->dsn, "%s", text);
}

/* The probe's answer, waited for a while. False: the service is not there. */
static bool ask(struct access *a, const char *address,
                struct verify_reply *reply)
{
    for (long i = 0; i < verify_params.address_verify_poll_count; i++) {
        if (i > 0)
            clock_sleep_ms(verify_params.address_verify_poll_delay * 1000L);
        if (!verify_query(a->s->line_arena, address, reply) ||
            reply->status != 0)
            return false;
        if (reply->recipient_status != VERIFY_TODO)
            return true;
    }
    return true;
}

static enum access_result check(struct access *a, const struct probe *p)
{
    struct resolve_reply resolved;
    struct verify_reply reply;

    if (!address_resolve(a->s, p->address, &resolved))
        return access_trouble(a, "451 4.3.0 <%s>: Temporary lookup failure",
                              p->address);
    if (!ask(a, resolved.recipient, &reply))
        return access_tempfail(
            a, p->tempfail_action, p->dsn,
            arena_printf(a->s->line_arena,
                         "<%s>: %s rejected: address verification problem",
                         p->address, p->class_name));
    switch (reply.recipient_status) {
    case VERIFY_OK:
        return ACCESS_DUNNO;
    case VERIFY_BOUNCE:
        return refuse(a, p, true, reply.reason);
    case VERIFY_TODO:
        return refuse(a, p, false, "Address verification in progress");
    default:
        return refuse(a, p, false, reply.reason);
    }
}

enum access_result check_unverified_sender(struct access *a,
                                           const char *argument)
{
    (void)argument;
    return check(a, &(struct probe) {
        .address = a->s->mail.sender, .class_name = "Sender address",
        .dsn = "4.1.7",
        .reject_code = smtpd_params.unverified_sender_reject_code,
        .defer_code = smtpd_params.unverified_sender_defer_code,
        .reason = smtpd_params.unverified_sender_reject_reason,
        .tempfail_action = smtpd_params.unverified_sender_tempfail_action });
}

enum access_result check_unverified_recipient(struct access *a,
                                              const char *argument)
{
    (void)argument;
    return check(a, &(struct probe) {
        .address = a->s->recipient, .class_name = "Recipient address",
        .dsn = "4.1.1",
        .reject_code = smtpd_params.unverified_recipient_reject_code,
        .defer_code = smtpd_params.unverified_recipient_defer_code,
        .reason = smtpd_params.unverified_recipient_reject_reason,
        .tempfail_action =
            smtpd_params.unverified_recipient_tempfail_action });
}
