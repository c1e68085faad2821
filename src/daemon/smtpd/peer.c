/* SPDX-License-Identifier: ISC
 *
 * peer.c - who the client is: its address, and a name that leads back to it.
 *
 * A name is worth something only if a lookup of that name gives the address:
 * anyone can put any name into his own reverse zone.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/sock.h"
#include "base/text.h"
#include "dns/query.h"
#include "session.h"
#include "settings.h"

static enum peer_status status_of(enum dns_status status)
{
    switch (status) {
    case DNS_OK:
        return PEER_VERIFIED;
    case DNS_NOT_FOUND:
    case DNS_NO_DATA:
    case DNS_NULL_MX:
        return PEER_NOT_FOUND;
    case DNS_RETRY:
    case DNS_FAILED:
    case DNS_INVALID:
    case DNS_FILTERED:
        return PEER_TRY_AGAIN;
    }
    return PEER_TRY_AGAIN;
}

static bool has_address(const struct dns_record *record,
                        const struct addr *addr)
{
    for (; record != NULL; record = record->next)
        if (addr_equal(&record->address, addr))
            return true;
    return false;
}

/* A client that sends much comes again and again: its name is good for some
 * seconds. Other answers may change with the next try, and are not kept. */
enum { REMEMBERED_S = 5 };

static struct {
    struct addr addr;
    char *name; /* owned; NULL: none yet */
    deadline_t until;
} last_client;

static void remember(const struct peer *peer)
{
    free(last_client.name);
    last_client.name = mem_strdup(peer->name);
    last_client.addr = peer->addr;
    last_client.until = deadline_in_s(REMEMBERED_S);
}

static bool is_remembered(struct session *s)
{
    struct peer *peer = &s->peer;

    if (last_client.name == NULL || clock_now() >= last_client.until ||
        !addr_equal(&last_client.addr, &peer->addr))
        return false;
    peer->name = peer->reverse_name = arena_strdup(s->arena, last_client.name);
    peer->name_status = peer->reverse_status = PEER_VERIFIED;
    return true;
}

static void look_up_name(struct session *s)
{
    struct peer *peer = &s->peer;
    enum dns_status status;

    if (is_remembered(s))
        return;
    const char *name = host_name_of(s->arena, &peer->addr, &status);

    if (name == NULL) {
        peer->name_status = peer->reverse_status = status_of(status);
        return;
    }
    peer->reverse_name = name;
    peer->reverse_status = PEER_VERIFIED;

    struct dns_record *records;
    struct error why = ERROR_NONE;
    status = host_addresses(s->arena, name, addr_family(&peer->addr), &records,
                            &why);
    if (status != DNS_OK) {
        log_warning("hostname %s does not resolve to address %s: %s", name,
                    peer->address, why.text);
        peer->name_status = status_of(status);
        return;
    }
    if (!has_address(records, &peer->addr)) {
        log_warning("hostname %s does not resolve to address %s", name,
                    peer->address);
        peer->name_status = PEER_NOT_FOUND;
        return;
    }
    peer->name = name;
    peer->name_status = PEER_VERIFIED;
    remember(peer);
}

static const char *address_text(struct session *s, const struct addr *addr)
{
    char text[ADDR_TEXT_SIZE];
    return arena_strdup(s->arena, addr_format(addr, text));
}

/* "10.0.0.1" and "123", as the other end or ours. */
static void set_server(struct session *s)
{
    struct addr local;

    s->peer.server_address = s->peer.server_port = "unknown";
    if (!sock_local(stream_fd(s->stream), &local) ||
        (addr_family(&local) != AF_INET && addr_family(&local) != AF_INET6))
        return;
    addr_unmap(&local);
    s->peer.server_address = address_text(s, &local);
    s->peer.server_port = arena_printf(s->arena, "%d", addr_port(&local));
}

/* sendmail -bs, and UNIX-domain clients: this host itself. */
static void set_local_peer(struct session *s)
{
    struct peer *peer = &s->peer;

    addr_parse("127.0.0.1", 0, &peer->addr);
    peer->name = peer->reverse_name = "localhost";
    peer->name_status = peer->reverse_status = PEER_VERIFIED;
    peer->address = peer->rfc_address = "127.0.0.1";
    peer->port = "0";
    peer->server_address = peer->server_port = "unknown";
}

static void set_network_peer(struct session *s)
{
    struct peer *peer = &s->peer;

    addr_unmap(&peer->addr);
    peer->address = address_text(s, &peer->addr);
    peer->rfc_address = addr_family(&peer->addr) == AF_INET6
                            ? arena_printf(s->arena, "IPv6:%s", peer->address)
                            : peer->address;
    peer->port = arena_printf(s->arena, "%d", addr_port(&peer->addr));
    set_server(s);
    if (smtpd_params.smtpd_peername_lookup)
        look_up_name(s);
}

static void set_bare_lf_policy(struct session *s)
{
    s->bare_lf = settings()->bare_lf;
    if (s->standalone)
        return;
    if (s->bare_lf != BARE_LF_ALLOW &&
        match_list_has(settings()->bare_newline_exclusions, s->peer.name,
                       s->peer.address, NULL) == FOUND)
        s->bare_lf = BARE_LF_ALLOW;
}

void peer_init(struct session *s)
{
    struct peer *peer = &s->peer;

    peer->name = peer->reverse_name = "unknown";
    peer->name_status = peer->reverse_status = PEER_NOT_FOUND;
    peer->label = "unknown[unknown]";
    if (!s->standalone && sock_peer(stream_fd(s->stream), &peer->addr) &&
        (addr_family(&peer->addr) == AF_INET ||
         addr_family(&peer->addr) == AF_INET6))
        set_network_peer(s);
    else
        set_local_peer(s);
    peer->label = arena_printf(
        s->arena, "%s[%s]%s%s", peer->name, peer->address,
        smtpd_params.smtpd_client_port_logging ? ":" : "",
        smtpd_params.smtpd_client_port_logging ? peer->port : "");
    set_bare_lf_policy(s);
    s->exempt_from_limits =
        s->standalone || match_list_has(settings()->limit_exceptions,
                                        peer->name, peer->address,
                                        NULL) == FOUND;
}
