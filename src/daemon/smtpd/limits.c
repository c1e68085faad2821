/* SPDX-License-Identifier: ISC
 *
 * limits.c - how much one client may do: counts and rates kept by anvil.
 *
 * anvil counts networks, not addresses: an IPv6 client owns a whole prefix.
 * If it cannot be asked no limit applies.
 */
#include <arpa/inet.h>
#include <string.h>

#include "base/log.h"
#include "client/services.h"
#include "notify.h"
#include "session.h"

/* "address", or "network/bits" when the prefix is shorter. */
static const char *network_of(struct session *s)
{
    struct addr addr = s->peer.addr;
    bool v6 = addr_family(&addr) == AF_INET6;
    int full = v6 ? 128 : 32;
    int bits = (int)(v6 ? smtpd_params.smtpd_client_ipv6_prefix_length
                        : smtpd_params.smtpd_client_ipv4_prefix_length);
    unsigned char *bytes = v6 ? (unsigned char *)&addr.in6.sin6_addr
                              : (unsigned char *)&addr.in4.sin_addr;
    char text[ADDR_TEXT_SIZE];

    if (bits >= full)
        return s->peer.address;
    for (int i = bits; i < full; i++)
        bytes[i / 8] &= (unsigned char)~(0x80 >> (i % 8));
    return arena_printf(s->line_arena, "%s/%d", addr_format(&addr, text),
                        bits);
}

static bool ask(struct session *s, const char *request,
                struct anvil_reply *reply)
{
    return anvil_call(request, s->client->service_name, network_of(s), reply) &&
           reply->status == 0;
}

static void warn(struct session *s, const char *what, long long count)
{
    log_warning("%s limit exceeded: %lld from %s for service %s", what, count,
                s->peer.label, s->client->service_name);
}

bool limits_connect(struct session *s)
{
    struct anvil_reply reply;

    if (s->exempt_from_limits ||
        (smtpd_params.smtpd_client_connection_count_limit == 0 &&
         smtpd_params.smtpd_client_connection_rate_limit == 0))
        return true;
    if (!ask(s, "connect", &reply))
        return true;
    s->counted = true;
    long count = smtpd_params.smtpd_client_connection_count_limit;
    long rate = smtpd_params.smtpd_client_connection_rate_limit;
    if (count > 0 && reply.count > count)
        warn(s, "Connection concurrency", (long long)reply.count);
    else if (rate > 0 && reply.rate > rate)
        warn(s, "Connection rate", (long long)reply.rate);
    else
        return true;
    notify_reply(s, NOTIFY_POLICY,
                 "421 4.7.0 %s Error: too many connections from %s",
                 common_params.myhostname, s->peer.address);
    return false;
}

void limits_disconnect(struct session *s)
{
    struct anvil_reply reply;

    if (s->counted)
        ask(s, "disconnect", &reply);
}

bool limits_message(struct session *s)
{
    struct anvil_reply reply;
    long limit = smtpd_params.smtpd_client_message_rate_limit;

    if (s->exempt_from_limits || limit == 0 || !ask(s, "message", &reply) ||
        reply.mail <= limit)
        return true;
    warn(s, "Message delivery request rate", (long long)reply.mail);
    notify_reply(s, NOTIFY_POLICY, "450 4.7.1 Error: too much mail from %s",
                 s->peer.address);
    return false;
}

bool limits_recipient(struct session *s)
{
    struct anvil_reply reply;
    long limit = smtpd_params.smtpd_client_recipient_rate_limit;

    if (s->exempt_from_limits || limit == 0 || !ask(s, "recipient", &reply) ||
        reply.recipients <= limit)
        return true;
    warn(s, "Recipient address rate", (long long)reply.recipients);
    notify_reply(s, NOTIFY_POLICY,
                 "450 4.7.1 Error: too many recipients from %s",
                 s->peer.address);
    return false;
}
