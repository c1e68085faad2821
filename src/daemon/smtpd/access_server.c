/* SPDX-License-Identifier: ISC
 *
 * access_server.c - tables keyed by the hosts behind a name: its addresses,
 * its mail servers, its name servers.
 *
 * Whoever owns a name chooses these hosts, so a table may refuse because of
 * them but never permit.
 */
#include <string.h>

#include "access.h"
#include "base/log.h"
#include "base/text.h"
#include "dns/patience.h"
#include "mail/address.h"

/* Records of <type> for the name, or for the parent that has some. */
static enum dns_status find_servers(struct access *a, const char *name,
                                    enum dns_type type,
                                    struct dns_answer *answer)
{
    struct arena *arena = a->s->line_arena;

    dns_query(arena, name, type, 0, answer);
    while (type == DNS_NS && (answer->status == DNS_NOT_FOUND ||
                              answer->status == DNS_NO_DATA)) {
        const char *dot = strchr(name, '.');
        if (dot == NULL || strchr(dot + 1, '.') == NULL)
            break;
        name = dot + 1;
        dns_query(arena, name, type, 0, answer);
    }
    return answer->status;
}

static enum access_result check_addresses(struct access *a, const char *table,
                                          const char *host,
                                          const char *reply_name,
                                          const char *class_name,
                                          struct dns_patience *patience)
{
    struct dns_record *records;
    struct error why = ERROR_NONE;
    char text[ADDR_TEXT_SIZE];
    enum access_result result = ACCESS_DUNNO;
    bool found;
    enum dns_status status =
        host_addresses(a->s->line_arena, host, 0, &records, &why);

    dns_patience_note(patience, status);
    if (status != DNS_OK) {
        log_warning("Unable to look up host %s for %s %s: %s", host,
                 class_name, reply_name, why.text);
        return ACCESS_DUNNO;
    }
    for (; records != NULL && result == ACCESS_DUNNO; records = records->next)
        result = access_map_network(a, table,
                                    addr_format(&records->address, text),
                                    reply_name, class_name, &found);
    return result;
}

static enum access_result check_host(struct access *a, const char *table,
                                     const char *host, const char *reply_name,
                                     const char *class_name,
                                     struct dns_patience *patience)
{
    enum access_result result =
        access_map_domain(a, table, host, reply_name, class_name);

    if (result != ACCESS_DUNNO)
        return result;
    return check_addresses(a, table, host, reply_name, class_name, patience);
}

static enum access_result check_literal(struct access *a, const char *table,
                                        const char *name,
                                        const char *reply_name,
                                        const char *class_name)
{
    struct addr addr;
    char text[ADDR_TEXT_SIZE];
    bool found;

    if (!addr_parse(name, 0, &addr))
        return ACCESS_DUNNO;
    return access_map_network(a, table, addr_format(&addr, text), reply_name,
                              class_name, &found);
}

/* The table might refuse the next one, so this is no permission. */
static enum access_result too_slow(struct access *a, const char *host,
                                   const char *reply_name,
                                   const char *class_name)
{
    log_warning("Unable to look up host %s and those after it in time for "
                "%s %s", host, class_name, reply_name);
    access_defer_if_permit(a, 450, "4.4.3",
                           "<%s>: %s rejected: Unable to look up host %s",
                           reply_name, class_name, host);
    return ACCESS_DUNNO;
}

static enum access_result check_each(struct access *a, const char *table,
                                     const struct dns_record *servers,
                                     const char *reply_name,
                                     const char *class_name,
                                     struct dns_patience *patience)
{
    enum access_result result = ACCESS_DUNNO;

    for (; servers != NULL && result == ACCESS_DUNNO;
         servers = servers->next) {
        if (dns_patience_is_over(patience))
            return too_slow(a, servers->target, reply_name, class_name);
        result = check_host(a, table, servers->target, reply_name, class_name,
                            patience);
    }
    return result;
}

static enum access_result check_servers(struct access *a, const char *table,
                                        const char *name, enum dns_type type,
                                        const char *reply_name,
                                        const char *class_name)
{
    struct dns_answer answer;
    struct dns_patience patience;

    dns_patience_begin(&patience);
    if (*name == '[')
        return check_literal(a, table, name, reply_name, class_name);
    if (type == DNS_A)
        return check_addresses(a, table, name, reply_name, class_name,
                               &patience);
    switch (find_servers(a, name, type, &answer)) {
    case DNS_OK:
        return check_each(a, table, answer.records, reply_name, class_name,
                          &patience);
    case DNS_NOT_FOUND:
    case DNS_NO_DATA:
        /* Mail for a name without MX goes to the name itself. */
        return type == DNS_MX ? check_host(a, table, name, reply_name,
                                           class_name, &patience)
                              : ACCESS_DUNNO;
    case DNS_NULL_MX:
    case DNS_RETRY:
    case DNS_FAILED:
    case DNS_INVALID:
    case DNS_FILTERED:
        break;
    }
    log_warning("Unable to look up %s host for %s: %s",
                type == DNS_MX ? "MX" : "NS", name, answer.error);
    return ACCESS_DUNNO;
}

/* The common part of the restrictions below. */
static enum access_result check(struct access *a, const char *table,
                                const char *name, enum dns_type type,
                                const char *reply_name,
                                const char *class_name)
{
    if (name == NULL || strcmp(name, "unknown") == 0)
        return ACCESS_DUNNO;
    enum access_result result =
        check_servers(a, table, name, type, reply_name, class_name);
    if (result != ACCESS_OK)
        return result;
    log_warning("access table %s: an OK result for a server of %s %s is "
                "forbidden: whoever controls the name could permit himself",
                table, class_name, reply_name);
    return access_trouble(a, "451 4.3.5 Server configuration error");
}

#define FAMILY(function, type, name, reply_name, class_name)              \
    enum access_result function(struct access *a, const char *argument)  \
    {                                                                     \
        const struct session *s = a->s;                                   \
        return check(a, argument, name, type, reply_name, class_name);    \
    }

#define CLIENT s->peer.name, s->peer.label, "Client host"
#define REVERSE s->peer.reverse_name, s->peer.reverse_name, \
    "Unverified Client host"
#define HELO_NAME s->helo, s->helo, "Helo command"
#define SENDER_DOMAIN address_domain(s->mail.sender), s->mail.sender, \
    "Sender address"
#define RECIPIENT_DOMAIN address_domain(s->recipient), s->recipient, \
    "Recipient address"
#define EACH(function, type, ...) FAMILY(function, type, __VA_ARGS__)

EACH(check_client_a, DNS_A, CLIENT)
EACH(check_client_mx, DNS_MX, CLIENT)
EACH(check_client_ns, DNS_NS, CLIENT)
EACH(check_reverse_client_a, DNS_A, REVERSE)
EACH(check_reverse_client_mx, DNS_MX, REVERSE)
EACH(check_reverse_client_ns, DNS_NS, REVERSE)
EACH(check_helo_a, DNS_A, HELO_NAME)
EACH(check_helo_mx, DNS_MX, HELO_NAME)
EACH(check_helo_ns, DNS_NS, HELO_NAME)
EACH(check_sender_a, DNS_A, SENDER_DOMAIN)
EACH(check_sender_mx, DNS_MX, SENDER_DOMAIN)
EACH(check_sender_ns, DNS_NS, SENDER_DOMAIN)
EACH(check_recipient_a, DNS_A, RECIPIENT_DOMAIN)
EACH(check_recipient_mx, DNS_MX, RECIPIENT_DOMAIN)
EACH(check_recipient_ns, DNS_NS, RECIPIENT_DOMAIN)
