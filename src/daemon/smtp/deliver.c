/* SPDX-License-Identifier: ISC
 *
 * deliver.c - one request: its destinations, their servers, until every
 * recipient has an outcome.
 */
#include "deliver.h"

#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "delivery/delivered_to.h"
#include "mail/quote.h"
#include "service/service.h"
#include "smtp.h"

/* ---- Before ------------------------------------------------------------- */

/* The form that goes into MAIL and RCPT. NULL: a table could not be asked. */
static const char *envelope_address(struct delivery *d, const char *address)
{
    if (*address == '\0')
        return "";
    const char *mapped = generic_address(d->arena, address);
    if (mapped == NULL || !smtp_params.smtp_quote_rfc821_envelope)
        return mapped;
    return quote_821_dup(d->arena, mapped);
}

static bool map_addresses(struct delivery *d)
{
    struct request *r = d->request;

    d->recipients = arena_array(d->arena, r->count, sizeof *d->recipients);
    d->sender = envelope_address(d, r->wire->sender);
    bool good = d->sender != NULL;
    for (size_t i = 0; i < r->count && good; i++) {
        d->recipients[i] = envelope_address(d, r->recipients[i].address);
        good = d->recipients[i] != NULL;
    }
    if (!good)
        failure_set(d, "4.3.0", "smtp_generic_maps lookup problem");
    return good;
}

/* flags=D: true, and why, also if nobody knows. */
static bool loops(struct delivery *d)
{
    const char *address = d->request->recipients[0].address;

    switch (delivered_to_has(d->request, address)) {
    case ABSENT: return false;
    case FAILED:
        failure_set(d, delivered_to_unreadable.status, "%s",
                    delivered_to_unreadable.reason);
        return true;
    case FOUND: break;
    }
    failure_set(d, "5.4.6", "mail forwarding loop for %s", address);
    return true;
}

/* False: d->why says why the request is not even tried. */
static bool may_try(struct delivery *d)
{
    const struct delivery_request *wire = d->request->wire;

    if (settings()->refusal != NULL) {
        log_warning("%s: %s: this program does not support what main.cf "
                    "asks for",
                    wire->queue_id, settings()->refusal);
        failure_set(d, "4.7.5", "%s", settings()->refusal);
        return false;
    }
    if (wire->sender_options & MSGOPT_REQUIRETLS) {
        failure_set(d, "4.7.10", "Sender requested REQUIRETLS, but TLS is "
                                 "unavailable");
        return false;
    }
    if ((settings()->message_flags & FLAG_DELIVERED_TO) && loops(d))
        return false;
    return map_addresses(d);
}

/* ---- One server --------------------------------------------------------- */

static void finish_session(struct session *s)
{
    if (!s->is_dead && !s->quit_sent && reuse_wanted(s->delivery) &&
        reuse_possible(s))
        reuse_keep(s);
    else
        session_end(s);
}

static void transact(struct session *s)
{
    struct delivery *d = s->delivery;
    struct delivery_times *times = &d->request->times;

    times->connected = clock_wall();
    times->reuse_count = s->uses + 1;
    times->tls = tls_log_text(true);
    session_transact(s);
    times->reuse_count = 0;
    /* Kept, it would be found again for the same recipients. */
    if (recipients_left(d) > 0)
        s->no_reuse = true;
    finish_session(s);
}

/* A connection that others kept: what fails on it is tried again anew. */
static void use_kept(struct delivery *d, struct session *s)
{
    d->is_final = false;
    transact(s);
}

/* False: no session came about. */
static bool try_server(struct delivery *d, const struct server *server,
                       bool is_last, bool ends_sessions)
{
    d->request->times.connected.tv_sec = 0;
    d->request->times.tls = tls_log_text(false);
    struct session *s = session_connect(d, server);
    if (s == NULL)
        return false;
    /* Of servers that do not want to talk, any number may be tried. */
    d->is_final = is_last && d->is_last_site;
    if (!session_hello(s)) {
        session_end(s);
        return false;
    }
    d->is_final = (is_last || ends_sessions) && d->is_last_site;
    transact(s);
    return true;
}

/* ---- One destination ---------------------------------------------------- */

static void try_servers(struct delivery *d, const struct server *list,
                        int sessions)
{
    int addresses = 0;

    for (const struct server *server = list; server != NULL;
         server = server->next) {
        struct session *kept;
        addresses++;
        bool is_last = server->next == NULL ||
                       addresses == smtp_params.smtp_mx_address_limit;
        if ((kept = reuse_find_server(d, server)) != NULL)
            use_kept(d, kept);
        if (recipients_left(d) == 0)
            return;
        if (try_server(d, server, is_last,
                       sessions + 1 == smtp_params.smtp_mx_session_limit))
            sessions++;
        if (recipients_left(d) == 0 || is_last ||
            sessions == smtp_params.smtp_mx_session_limit)
            return;
    }
}

static void pass_to_best_mx_transport(struct delivery *d)
{
    char *service = arena_strdup(d->arena, smtp_params.best_mx_transport);
    char *nexthop = strchr(service, ':');

    if (nexthop != NULL)
        *nexthop++ = '\0';
    if (nexthop == NULL || *nexthop == '\0')
        nexthop = arena_strdup(d->arena, d->site.domain);
    for (size_t i = 0; i < d->request->count; i++)
        if (!d->request->done[i] &&
            !delivery_pass(service, nexthop, d->request, i, &d->why))
            outcome_by_status(d->request, i, "none", &d->why);
}

static void try_site(struct delivery *d, const char *text, bool more_primary,
                     bool has_fallback)
{
    struct session *kept;

    d->is_last_site = !more_primary && !has_fallback;
    d->request->times.tls = NULL;
    if (!route_parse(d, text))
        return;
    if ((kept = reuse_find_site(d)) != NULL)
        use_kept(d, kept);
    if (recipients_left(d) == 0)
        return;
    const struct server *list = route_find(d);
    if (d->site.we_are_best && *smtp_params.best_mx_transport != '\0') {
        pass_to_best_mx_transport(d);
        return;
    }
    d->is_last_site =
        !more_primary && (!has_fallback || d->site.we_are_mx);
    if (list != NULL)
        try_servers(d, list, 0);
}

/* ---- All of them -------------------------------------------------------- */

/* Trouble that may be our own configuration must not return mail. */
static void soften(struct delivery *d)
{
    const char *parameter = route_parameter(d);

    if (d->why.status[0] == '4' || parameter == NULL)
        return;
    log_warning("%s configuration problem", parameter);
    d->why.status = "4.3.5";
}

static void settle_rest(struct delivery *d)
{
    if (recipients_left(d) == 0)
        return;
    if (d->why.status == NULL)
        failure_set(d, "4.3.0", "no destination");
    soften(d);
    failure_settle(d, "none", true);
}

/* Until all recipients have an outcome. True: fallback relays may be used. */
static void try_sites(struct delivery *d)
{
    char **primary =
        text_split(d->arena, d->request->wire->nexthop, NULL, NULL);
    char **fallback =
        text_split(d->arena, smtp_params.smtp_fallback_relay, NULL, NULL);
    bool we_are_mx = false;

    for (; *primary != NULL && recipients_left(d) > 0; primary++) {
        try_site(d, *primary, primary[1] != NULL, *fallback != NULL);
        we_are_mx = we_are_mx || d->site.we_are_mx;
    }
    for (; *fallback != NULL && !we_are_mx && recipients_left(d) > 0;
         fallback++) {
        d->site.is_fallback = true;
        try_site(d, *fallback, false, fallback[1] != NULL);
    }
}

void deliver(struct request *r)
{
    struct delivery d = { .request = r, .arena = r->arena };
    int utf8_bits = MSGOPT_SMTPUTF8;

    if (*r->wire->nexthop == '\0') {
        failure_set(&d, "4.3.5", "Server configuration error");
        log_warning("%s: empty next hop", r->wire->queue_id);
    } else if (may_try(&d)) {
        d.needs_utf8 = (r->wire->sender_options & utf8_bits) != 0 &&
                       (r->wire->sender_options &
                        (MSGOPT_UTF8_HEADER | MSGOPT_UTF8_SENDER |
                         MSGOPT_UTF8_RECIPIENT)) != 0;
        try_sites(&d);
    } else {
        failure_settle(&d, "none", false);
    }
    settle_rest(&d);
}
