/* SPDX-License-Identifier: ISC
 *
 * host.c - the addresses of a host, from DNS or the system's name service.
 */
#include "base/log.h"
#include "route.h"

void server_list_init(struct server_list *list)
{
    *list = (struct server_list){ .end = &list->first };
    dns_patience_begin(&list->patience);
}

static void add_server(struct delivery *d, struct server_list *list,
                       const char *host, const struct addr *addr, int port,
                       int preference)
{
    struct server *server = ARENA_NEW(d->arena, struct server);
    char text[ADDR_TEXT_SIZE];

    server->host = host;
    server->address = arena_strdup(d->arena, addr_format(addr, text));
    server->addr = *addr;
    server->port = port;
    server->preference = preference;
    if (addr_family(addr) == AF_INET)
        server->addr.in4.sin_port = htons((in_port_t)port);
    else
        server->addr.in6.sin6_port = htons((in_port_t)port);
    *list->end = server;
    list->end = &server->next;
}

static bool family_is_on(int family)
{
    return family == AF_INET ? settings()->ipv4 : settings()->ipv6;
}

static const char *status_code(enum dns_status status)
{
    switch (status) {
    case DNS_OK:
    case DNS_NOT_FOUND:
    case DNS_NO_DATA:
    case DNS_INVALID: return "5.4.4";
    case DNS_NULL_MX: return "5.1.0";
    case DNS_RETRY: return "4.4.3";
    case DNS_FILTERED: return "4.7.0";
    case DNS_FAILED: return "5.4.3";
    }
    return "4.4.3";
}

void route_dns_failure(struct delivery *d, const struct dns_answer *answer)
{
    failure_set(d, status_code(answer->status), "%s", answer->reason);
}

static bool may_pass(enum dns_status status)
{
    return status == DNS_RETRY || status == DNS_FILTERED;
}

/* A and AAAA. A failure that may pass is not hidden by one that will not. */
static bool query_addresses(struct delivery *d, const char *host,
                            struct dns_record **records,
                            enum dns_status *status)
{
    static const struct {
        int family;
        enum dns_type type;
    } rows[] = { { AF_INET, DNS_A }, { AF_INET6, DNS_AAAA } };
    struct dns_record **end = records;

    *status = DNS_NOT_FOUND;
    for (size_t i = 0; i < 2; i++) {
        struct dns_answer answer;

        if (!family_is_on(rows[i].family))
            continue;
        dns_query(d->arena, host, rows[i].type, settings()->dns_flags,
                  &answer);
        *end = answer.records;
        while (*end != NULL)
            end = &(*end)->next;
        if (answer.status == DNS_OK || may_pass(*status))
            continue;
        route_dns_failure(d, &answer);
        *status = answer.status;
    }
    if (*records != NULL)
        *status = DNS_OK;
    return *records != NULL;
}

static bool native_addresses(struct delivery *d, const char *host,
                             struct dns_record **records,
                             enum dns_status *status)
{
    struct error why = ERROR_NONE;
    int family = settings()->ipv4 && settings()->ipv6 ? 0
                 : settings()->ipv4                  ? AF_INET
                                                     : AF_INET6;

    *status = host_addresses(d->arena, host, family, records, &why);
    if (*status != DNS_OK)
        failure_set(d, status_code(*status), "unable to look up host %s: %s",
                    host, why.text);
    return *status == DNS_OK;
}

/* No more time for hosts of this domain. */
static bool leave_out(struct server_list *list, const char *host,
                      int preference)
{
    if (list->left_out == NULL) {
        list->left_out = host;
        list->left_out_preference = preference;
    }
    return false;
}

bool server_list_add_host(struct delivery *d, struct server_list *list,
                          const char *host, int port, int preference)
{
    struct dns_record *records = NULL;
    enum dns_status status = DNS_NOT_FOUND;
    struct addr addr;
    char text[ADDR_TEXT_SIZE];

    if (addr_parse(host, port, &addr)) {
        if (!family_is_on(addr_family(&addr))) {
            failure_set(d, "5.4.4", "unable to look up host %s: address "
                                    "family is disabled by inet_protocols",
                        host);
            return false;
        }
        /* Without "IPv6:". */
        add_server(d, list, arena_strdup(d->arena, addr_format(&addr, text)),
                   &addr, port, preference);
        return true;
    }
    if (dns_patience_is_over(&list->patience))
        return leave_out(list, host, preference);
    bool found = settings()->use_dns &&
                 query_addresses(d, host, &records, &status);
    if (!found && settings()->use_native && !may_pass(status))
        found = native_addresses(d, host, &records, &status);
    dns_patience_note(&list->patience, status);
    for (struct dns_record *r = records; r != NULL; r = r->next)
        add_server(d, list,
                   smtp_params.smtp_cname_overrides_servername ? r->owner
                                                               : host,
                   &r->address, port, preference);
    return found;
}

bool server_list_finish(struct delivery *d, struct server_list *list)
{
    if (list->left_out == NULL)
        return true;
    log_warning("the servers of %s take too long to look up: %s and those "
                "after it are left out",
                d->site.domain, list->left_out);
    for (struct server **link = &list->first; *link != NULL;)
        if ((*link)->preference >= list->left_out_preference)
            *link = (*link)->next;
        else
            link = &(*link)->next;
    if (list->first != NULL)
        return true;
    failure_set(d, "4.4.3", "unable to look up host %s in time",
                list->left_out);
    return false;
}
