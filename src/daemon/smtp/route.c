/* SPDX-License-Identifier: ISC
 *
 * route.c - from a next hop to the servers that take its mail.
 *
 * A domain has MX records, or is a host itself (RFC 5321, section 5.1); a
 * host in brackets is asked for its addresses only. What is not better than
 * this system itself is left out, or mail would go in circles.
 */
#include <string.h>

#include "base/log.h"
#include "base/sock.h"
#include "base/text.h"
#include "base/utf8.h"
#include "service/listen_address.h"
#include "route.h"

enum { SMTP_PORT = 25 };

/* ---- Parsing ------------------------------------------------------------ */

static const char *ascii_domain(struct delivery *d, const char *domain)
{
    struct str ascii = STR_EMPTY;
    const char *result = domain;

    if (!text_is_ascii(domain) && utf8_domain_to_ascii(&ascii, domain))
        result = arena_strdup(d->arena, ascii.data);
    str_fini(&ascii);
    return result;
}

const char *route_parameter(const struct delivery *d)
{
    const char *relayhost = config_get(service_config(), "relayhost");

    if (d->site.is_fallback)
        return settings()->is_lmtp ? "lmtp_fallback_relay"
                                   : "smtp_fallback_relay";
    return relayhost != NULL && text_lists_word(relayhost, d->site.text)
               ? "relayhost"
               : NULL;
}

static void warn_of_text(const struct delivery *d, const struct error *why,
                         const char *text)
{
    const char *parameter = route_parameter(d);

    log_warning("%s in server description: %s; correct %s: specify "
                "[host.example.com] or [host.example.com]:587",
                why->text, text,
                parameter != NULL ? parameter
                                  : "the next hop in transport_maps, or where "
                                    "else it is from");
}

static bool parse_inet(struct delivery *d, const char *text)
{
    struct site *site = &d->site;
    struct error why = ERROR_NONE;
    char *host, *port;

    if (!sock_split_hostport(arena_strdup(d->arena, text), &host, &port,
                             settings()->default_port, &why)) {
        warn_of_text(d, &why, text);
        failure_set(d, "4.3.5", "Server configuration error");
        return false;
    }
    site->no_mx = *text == '[';
    site->domain = ascii_domain(d, host);
    site->service = port;
    site->wants_srv =
        !site->no_mx && settings()->use_dns &&
        match_list_has(settings()->srv_services, port, NULL, NULL) == FOUND;
    if (listen_port_find(port, common_params.known_tcp_ports, &site->port))
        return true;
    log_warning("unknown service: %s/tcp", port);
    failure_set(d, "4.3.5", "Server configuration error");
    return false;
}

bool route_parse(struct delivery *d, const char *text)
{
    bool is_fallback = d->site.is_fallback;

    d->site = (struct site){ .text = text, .is_fallback = is_fallback };
    if (!settings()->is_lmtp)
        return parse_inet(d, text);
    if (!text_has_prefix(text, "unix:"))
        return parse_inet(d, text_has_prefix(text, "inet:") ? text + 5 : text);
    d->site.is_unix = true;
    d->site.domain = text + strlen("unix:");
    return true;
}

/* ---- Ourselves ---------------------------------------------------------- */

/* A server of the list that is this system, or NULL. Another port is another
 * program, that the administrator wants the mail to go through. */
static const struct server *find_self(const struct delivery *d,
                                      const struct server *list)
{
    if (settings()->is_lmtp || d->site.port != SMTP_PORT)
        return NULL;
    for (; list != NULL; list = list->next)
        if (local_domains_any_address(settings()->local, &list->addr))
            return list;
    return NULL;
}

static struct server *loop_found(struct delivery *d)
{
    failure_set(d, "5.4.6", "mail for %s loops back to myself",
                d->site.domain);
    return NULL;
}

/* Leave out what is no better than ourselves. */
static struct server *cut_at_preference(struct server *list, int preference)
{
    for (struct server **link = &list; *link != NULL;)
        if ((*link)->preference >= preference)
            *link = (*link)->next;
        else
            link = &(*link)->next;
    return list;
}

static struct server *without_self(struct delivery *d, struct server *list,
                                   int best_preference)
{
    const struct server *self = find_self(d, list);

    if (self == NULL)
        return list;
    d->site.we_are_mx = true;
    int best_found = list->preference;
    for (const struct server *s = list; s != NULL; s = s->next)
        if (s->preference < best_found)
            best_found = s->preference;
    list = cut_at_preference(list, self->preference);
    if (list != NULL)
        return list;
    if (best_found == best_preference) {
        d->site.we_are_best = true;
        return loop_found(d);
    }
    failure_set(d, "4.4.4", "unable to find primary relay for %s",
                d->site.domain);
    return NULL;
}

/* ---- Servers of a domain ------------------------------------------------ */

static struct server *in_order(struct server *list)
{
    const char *first = smtp_params.smtp_address_preference;
    int family = text_equal_nocase(first, "ipv4")   ? AF_INET
                 : text_equal_nocase(first, "ipv6") ? AF_INET6
                                                    : 0;

    return order_servers(list, smtp_params.smtp_randomize_addresses, family);
}

static struct server *find_host(struct delivery *d)
{
    struct server_list list;

    server_list_init(&list);
    if (!server_list_add_host(d, &list, d->site.domain, d->site.port, 0))
        return NULL;
    if (find_self(d, list.first) != NULL) {
        d->site.we_are_mx = true;
        return loop_found(d);
    }
    return in_order(list.first);
}

static struct server *find_exchangers(struct delivery *d,
                                      struct dns_answer *answer)
{
    struct server_list list;

    dns_sort_by_preference(&answer->records);
    int best = answer->records->preference;
    server_list_init(&list);
    for (const struct dns_record *r = answer->records; r != NULL; r = r->next)
        server_list_add_host(d, &list, r->target, d->site.port, r->preference);
    if (!server_list_finish(d, &list))
        return NULL;
    if (list.first != NULL)
        return in_order(without_self(d, list.first, best));
    log_warning("no MX host for %s has a valid address record",
                d->site.domain);
    if (smtp_params.smtp_defer_if_no_mx_address_found &&
        d->why.status[0] == '5')
        d->why.status = arena_printf(d->arena, "4%s", d->why.status + 1);
    return NULL;
}

static struct server *find_domain(struct delivery *d)
{
    struct dns_answer answer;

    dns_query(d->arena, d->site.domain, DNS_MX, settings()->dns_flags,
              &answer);
    switch (answer.status) {
    case DNS_OK:
        return find_exchangers(d, &answer);
    case DNS_NOT_FOUND:
    case DNS_NO_DATA:
        return find_host(d);
    case DNS_RETRY:
    case DNS_FAILED:
    case DNS_INVALID:
        if (smtp_params.ignore_mx_lookup_error)
            return find_host(d);
        break;
    case DNS_NULL_MX:
    case DNS_FILTERED:
        break;
    }
    route_dns_failure(d, &answer);
    return NULL;
}

static struct server *find_unix(struct delivery *d)
{
    struct server *server = ARENA_NEW(d->arena, struct server);
    struct error why = ERROR_NONE;

    server->host = common_params.myhostname;
    server->address = d->site.domain;
    if (addr_unix(d->site.domain, &server->addr, &why))
        return server;
    failure_set(d, "4.3.5", "Server configuration error");
    log_warning("%s: %s", d->site.domain, why.text);
    return NULL;
}

static struct server *balanced(struct server *list)
{
    if (!smtp_params.smtp_balance_inet_protocols)
        return list;
    return order_balance(list, (int)smtp_params.smtp_mx_address_limit);
}

struct server *route_find(struct delivery *d)
{
    struct server_list list;

    if (d->site.is_unix)
        return find_unix(d);
    if (d->site.wants_srv) {
        server_list_init(&list);
        switch (srv_find(d, &list)) {
        case FOUND: return balanced(without_self(d, list.first, 0));
        case FAILED: return NULL;
        case ABSENT: break;
        }
    }
    bool is_host =
        settings()->is_lmtp || d->site.no_mx || !settings()->use_dns;
    return balanced(is_host ? find_host(d) : find_domain(d));
}
