/* SPDX-License-Identifier: ISC
 *
 * route.c - where a recipient goes: redirection, content filter, or what the
 * rewrite service says; and who is refused right here.
 */
#include <string.h>

#include "base/text.h"
#include "client/resolve.h"
#include "client/rewrite.h"
#include "config/params.h"
#include "mail/address.h"
#include "message.h"

/* To an agent that says no: its next hop is the reason. */
static void refuse(struct route *route, const char *transport,
                   const char *reason)
{
    route->transport = transport;
    route->nexthop = reason;
}

static void bounce(struct route *route, const char *reason)
{
    refuse(route, common_params.error_service_name, reason);
}

static void defer(struct route *route, const char *reason)
{
    refuse(route, RETRY_SERVICE, reason);
}

static void redirect(struct message *m, struct arena *arena,
                     struct arena *keep, struct route *route)
{
    const char *address =
        rewrite_internal(arena, REWRITE_LOCAL, m->envelope.redirect);

    route->to.address = arena_strdup(keep, address);
}

/* "transport:nexthop"; without a next hop, the default or the recipient's
 * domain. */
static void use_filter(struct message *m, struct arena *arena,
                       struct route *route)
{
    char *transport = arena_strdup(arena, m->envelope.content_filter);
    char *colon = strchr(transport, ':');
    const char *nexthop = "";

    if (colon != NULL) {
        *colon = '\0';
        nexthop = colon + 1;
    }
    if (*nexthop == '\0')
        nexthop = qmgr_params.default_filter_nexthop;
    if (*nexthop == '\0')
        nexthop = address_domain(route->to.address);
    route->transport = transport;
    route->nexthop = nexthop != NULL ? arena_strdup(arena, nexthop)
                                     : common_params.myhostname;
}

/* The notice of an undeliverable notice has nowhere to go. */
static bool is_double_bounce(const struct resolve_reply *reply)
{
    size_t length = strlen(common_params.double_bounce_sender);

    return (reply->flags & RESOLVE_CLASS_LOCAL) &&
           text_equal_nocase_n(reply->recipient,
                               common_params.double_bounce_sender, length) &&
           (reply->recipient[length] == '@' ||
            reply->recipient[length] == '\0');
}

static void use_reply(struct message *m, struct arena *keep,
                      const struct resolve_reply *reply, struct route *route)
{
    if (strcmp(reply->recipient, route->to.address) != 0)
        route->to.address = arena_strdup(keep, reply->recipient);
    route->transport = reply->transport;
    route->nexthop = reply->nexthop;
    if (reply->flags & RESOLVE_FAILED)
        defer(route, "4.3.0 address resolver failure");
    else if (reply->flags & RESOLVE_BAD)
        bounce(route, "5.1.3 bad address syntax");
    else if (is_double_bounce(reply))
        route->is_discarded = true;
    else if (!(m->flags & MESSAGE_FLUSH) &&
             text_lists_word(qmgr_params.defer_transports, reply->transport))
        defer(route, "4.3.2 deferred transport");
}

static void resolve(struct message *m, struct arena *arena,
                    struct arena *keep, struct route *route)
{
    struct resolve_reply reply;

    if (m->envelope.trace_flags & TRACE_MTA_VERIFY)
        resolve_for_verify(arena, m->envelope.sender, route->to.address,
                           &reply);
    else
        resolve_address(arena, m->envelope.sender, route->to.address, &reply);
    use_reply(m, keep, &reply, route);
}

static bool has_too_many_probes(void)
{
    return active_probe_count() >
           verify_params.address_verify_pending_request_limit;
}

void route_find(struct message *m, struct arena *arena, struct arena *keep,
                struct route *route)
{
    bool is_probe = (m->envelope.trace_flags & TRACE_MTA_VERIFY) != 0;

    if (m->flags & MESSAGE_FORCE_EXPIRE) {
        defer(route, "4.7.0 message is administratively expired");
        return;
    }
    if (is_probe && has_too_many_probes()) {
        defer(route, "4.3.2 Too many address verification requests");
        return;
    }
    if (*route->to.address == '\0')
        route->to.address = message_params.empty_address_recipient;
    if (*m->envelope.redirect != '\0') {
        redirect(m, arena, keep, route);
        resolve(m, arena, keep, route);
        return;
    }
    if (*m->envelope.content_filter != '\0' && !is_probe) {
        use_filter(m, arena, route);
        return;
    }
    resolve(m, arena, keep, route);
}
