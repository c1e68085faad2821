/* SPDX-License-Identifier: ISC
 *
 * bounce.c - recording what became of a recipient, and sending the notices.
 *
 * Three kinds of request change what a status comes to: an address probe
 * (the answer goes to the verify service), a user's probe (sendmail -bv: the
 * answer goes into the trace log only), and a delivery that is to be reported
 * (sendmail -v, or DSN success: into the trace log as well).
 */
#include "client/bounce.h"

#include <string.h>

#include "base/str.h"
#include "client/client.h"
#include "client/services.h"
#include "mail/address.h"
#include "mail/dsn_notify.h"
#include "table/match_list.h"

static struct ipc_pool *bounce_pool, *defer_pool, *trace_pool;

static struct ipc_pool *the_bounce_pool(void)
{
    return client_pool(&bounce_pool, "private", client_setup()->bounce_service);
}

static struct ipc_pool *the_defer_pool(void)
{
    return client_pool(&defer_pool, "private", client_setup()->defer_service);
}

static struct ipc_pool *the_trace_pool(void)
{
    return client_pool(&trace_pool, "private", client_setup()->trace_service);
}

static const char *or_empty(const char *text)
{
    return text != NULL ? text : "";
}

static void fill_append(struct bounce_append *out,
                        const struct status_message *message,
                        const struct recipient *to, const struct dsn *dsn,
                        const char *action)
{
    *out = (struct bounce_append){
        .queue_id = message->queue_id,
        .original = to->original,
        .recipient = to->address,
        .offset = to->offset,
        .dsn_original = to->dsn_original,
        .dsn_notify = to->dsn_notify,
        .status = dsn->status,
        .action = action,
        .diag_type = or_empty(dsn->diag_type),
        .diag_text = or_empty(dsn->diag_text),
        .mta_type = or_empty(dsn->mta_type),
        .mta_name = or_empty(dsn->mta_name),
        .reason = or_empty(dsn->reason),
    };
}

static bool append(struct ipc_pool *pool, const struct status_message *message,
                   const struct recipient *to, const struct dsn *dsn,
                   const char *action)
{
    struct bounce_append request;
    struct bounce_reply reply;
    struct arena *arena = arena_new();

    fill_append(&request, message, to, dsn, action);
    bool ok = client_call(pool, arena, "append", bounce_append, &request,
                          bounce_reply, &reply, NULL) &&
              reply.status == 0;
    arena_free(arena);
    return ok;
}

bool trace_recipient(const struct status_message *message,
                     const struct recipient *to, const struct dsn *dsn,
                     const char *action)
{
    return append(the_trace_pool(), message, to, dsn, action);
}

/* A trace record also says which way the message went, if it went anywhere. */
static bool append_trace(const struct status_message *message,
                         const struct recipient *to, const char *relay,
                         const struct dsn *dsn, const char *action)
{
    struct dsn traced = *dsn;
    struct str reason = STR_EMPTY;

    if (relay != NULL && strcmp(relay, "none") != 0)
        str_addf(&reason, "delivery via %s: ", relay);
    str_add(&reason, or_empty(dsn->reason));
    traced.reason = reason.data;
    bool ok = append(the_trace_pool(), message, to, &traced, action);
    str_fini(&reason);
    return ok;
}

/* The status of a probe: <verify_status> for the verify service. Returns
 * true with *ok set when <message> was a probe. */
static bool probe(const struct status_message *message,
                  const struct recipient *to, const char *relay,
                  const struct delivery_times *times, const struct dsn *dsn,
                  int verify_status, bool *ok)
{
    const char *status =
        verify_status == VERIFY_OK ? "deliverable" : "undeliverable";

    if (message->trace_flags & TRACE_MTA_VERIFY)
        *ok = verify_update(to->original, verify_status, or_empty(dsn->reason));
    else if (message->trace_flags & TRACE_USER_VERIFY)
        *ok = append_trace(message, to, relay, dsn, status);
    else
        return false;
    if (*ok)
        log_recipient(message->queue_id, to, relay, times, dsn, status);
    return true;
}

/* NULL: there are none. */
static struct match_list *flush_domains(void)
{
    static struct match_list *domains;
    const struct client_setup *setup = client_setup();

    if (domains == NULL && setup->fast_flush_domains != NULL &&
        *setup->fast_flush_domains != '\0')
        domains = match_list_open(
            "fast_flush_domains", setup->fast_flush_domains, MATCH_DOMAIN,
            setup->fast_flush_parents ? MATCH_PARENT : 0);
    return domains;
}

void defer_prepare(void)
{
    (void)flush_domains();
}

/* A deferral may concern a site whose mail is asked for by ETRN. */
static void note_for_flush(const struct status_message *message,
                           const struct recipient *to)
{
    const char *domain = address_domain(to->address);
    struct match_list *domains = domain != NULL ? flush_domains() : NULL;

    if (domains != NULL &&
        match_list_has(domains, domain, NULL, NULL) == FOUND)
        flush_add(domain, message->queue_id);
}

/* Who heard of the delay may hear of its end. */
static bool wants_success(const struct status_message *message,
                          const struct recipient *to)
{
    if (to->dsn_notify & DSN_NOTIFY_SUCCESS)
        return true;
    return (message->trace_flags & TRACE_DELAY_CLEARED) &&
           (to->dsn_notify == 0 || (to->dsn_notify & DSN_NOTIFY_DELAY));
}

bool sent_recipient(const struct status_message *message,
                    const struct recipient *to, const char *relay,
                    const struct delivery_times *times, const struct dsn *dsn)
{
    bool ok;

    if (probe(message, to, relay, times, dsn, VERIFY_OK, &ok))
        return ok;
    const char *action = dsn->action != NULL ? dsn->action : "delivered";
    if (((message->trace_flags & TRACE_RECORD) ||
         wants_success(message, to)) &&
        !append_trace(message, to, relay, dsn, action)) {
        struct dsn later = *dsn;
        later.status = "4.3.0";
        later.reason = "the trace service failed";
        log_recipient(message->queue_id, to, relay, times, &later, "deferred");
        return false;
    }
    log_recipient(message->queue_id, to, relay, times, dsn, "sent");
    return true;
}

bool defer_recipient(const struct status_message *message,
                     const struct recipient *to, const char *relay,
                     const struct delivery_times *times, const struct dsn *dsn)
{
    bool ok;

    if (probe(message, to, relay, times, dsn, VERIFY_DEFER, &ok))
        return ok;
    if ((message->trace_flags & TRACE_RECORD) &&
        !append_trace(message, to, relay, dsn, "delayed"))
        return false;
    ok = append(the_defer_pool(), message, to, dsn, "delayed");
    log_recipient(message->queue_id, to, relay, times, dsn, "deferred");
    if (ok)
        note_for_flush(message, to);
    return ok;
}

static bool soft_bounce(const struct status_message *message,
                        const struct recipient *to, const char *relay,
                        const struct delivery_times *times,
                        const struct dsn *dsn)
{
    char status[16];
    struct dsn later = *dsn;

    strncpy(status, dsn->status, sizeof status - 1);
    status[sizeof status - 1] = '\0';
    status[0] = '4';
    later.status = status;
    later.action = "delayed";
    bool ok = append(the_defer_pool(), message, to, &later, "delayed");
    log_recipient(message->queue_id, to, relay, times, &later, "SOFTBOUNCE");
    return ok;
}

/* What comes before a bounce: a probe and soft_bounce end it here, as does a
 * trace that cannot be written; <ok> is then the answer. */
static bool ends_early(const struct status_message *message,
                       const struct recipient *to, const char *relay,
                       const struct delivery_times *times,
                       const struct dsn *dsn, bool *ok)
{
    if (probe(message, to, relay, times, dsn, VERIFY_BOUNCE, ok))
        return true;
    *ok = false;
    if (client_setup()->soft_bounce) {
        soft_bounce(message, to, relay, times, dsn);
        return true;
    }
    return (message->trace_flags & TRACE_RECORD) &&
           !append_trace(message, to, relay, dsn, "failed");
}

bool bounce_recipient(const struct status_message *message,
                      const struct recipient *to, const char *relay,
                      const struct delivery_times *times,
                      const struct dsn *dsn)
{
    bool ok;

    if (ends_early(message, to, relay, times, dsn, &ok))
        return ok;
    ok = append(the_bounce_pool(), message, to, dsn, "failed");
    log_recipient(message->queue_id, to, relay, times, dsn,
                  ok ? "bounced" : "deferred (bounce failed)");
    return ok;
}

static void fill_notify(struct bounce_notify *out,
                        const struct status_message *message)
{
    *out = (struct bounce_notify){
        .flags = BOUNCE_FLAG_CLEAN,
        .queue_name = or_empty(message->queue_name),
        .queue_id = message->queue_id,
        .encoding = or_empty(message->encoding),
        .sender_options = message->sender_options,
        .sender = message->sender,
        .envelope_id = or_empty(message->envelope_id),
        .dsn_return = message->dsn_return,
        .trace_flags = message->trace_flags,
        .message_id = or_empty(message->message_id),
        .verp = or_empty(message->verp),
    };
}

static bool notify(struct ipc_pool *pool, const char *request_name,
                   const struct status_message *message, int more_flags)
{
    struct bounce_notify request;
    struct bounce_reply reply;
    struct arena *arena = arena_new();

    fill_notify(&request, message);
    request.flags |= more_flags;
    bool ok = client_call(pool, arena, request_name, bounce_notify, &request,
                          bounce_reply, &reply, NULL) &&
              reply.status == 0;
    arena_free(arena);
    return ok;
}

bool bounce_flush(const struct status_message *message)
{
    return notify(the_bounce_pool(), "flush", message, BOUNCE_FLAG_DELRCPT);
}

bool bounce_flush_verp(const struct status_message *message)
{
    return notify(the_bounce_pool(), "verp", message, BOUNCE_FLAG_DELRCPT);
}

bool defer_flush(const struct status_message *message)
{
    return notify(the_defer_pool(), "flush", message, BOUNCE_FLAG_DELRCPT);
}

bool defer_warn(const struct status_message *message)
{
    return notify(the_defer_pool(), "warn", message, 0);
}

bool trace_flush(const struct status_message *message)
{
    return notify(the_trace_pool(), "flush", message, 0);
}

bool bounce_one_recipient(const struct status_message *message,
                          const struct recipient *to, const char *relay,
                          const struct delivery_times *times,
                          const struct dsn *dsn)
{
    struct bounce_one request;
    struct bounce_reply reply;
    bool ok;

    if (ends_early(message, to, relay, times, dsn, &ok))
        return ok;
    struct arena *arena = arena_new();
    fill_notify(&request.message, message);
    fill_append(&request.recipient, message, to, dsn, "failed");
    ok = client_call(the_bounce_pool(), arena, "one", bounce_one, &request,
                     bounce_reply, &reply, NULL) &&
         reply.status == 0;
    arena_free(arena);
    log_recipient(message->queue_id, to, relay, times, dsn,
                  ok ? "bounced" : "deferred (bounce failed)");
    return ok;
}
