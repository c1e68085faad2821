/* SPDX-License-Identifier: ISC
 *
 * access_helo.c - restrictions on what a client calls itself.
 */
#include <string.h>

#include "access.h"
#include "base/log.h"
#include "base/text.h"
#include "dns/query.h"
#include "mail/address.h"

static const char helo_class[] = "Helo command";

/* "[1.2.3.4]": fine, or refused. */
static enum access_result check_literal(struct access *a)
{
    if (domain_is_address_literal(a->s->helo))
        return ACCESS_DUNNO;
    return access_reject(a, (int)smtpd_params.invalid_hostname_reject_code,
                         "5.5.2", "<%s>: %s rejected: invalid ip address",
                         a->s->helo, helo_class);
}

/* Without one dot at the end, which is legal in a name. */
static const char *without_last_dot(struct access *a)
{
    size_t length = strlen(a->s->helo);

    if (length > 0 && a->s->helo[length - 1] == '.')
        length--;
    return arena_strndup(a->s->line_arena, a->s->helo, length);
}

enum access_result check_invalid_helo(struct access *a, const char *argument)
{
    const char *name = without_last_dot(a);

    (void)argument;
    if (*name == '[')
        return check_literal(a);
    if (domain_is_hostname(name) || domain_is_literal_ipv4(name) ||
        domain_is_literal_ipv6(name))
        return ACCESS_DUNNO;
    return access_reject(a, (int)smtpd_params.invalid_hostname_reject_code,
                         "5.5.2", "<%s>: %s rejected: Invalid name",
                         a->s->helo, helo_class);
}

enum access_result check_non_fqdn_helo(struct access *a, const char *argument)
{
    const char *name = without_last_dot(a);

    (void)argument;
    if (*name == '[')
        return check_literal(a);
    if (domain_is_hostname(name) && strchr(name, '.') != NULL)
        return ACCESS_DUNNO;
    return access_reject(a, (int)smtpd_params.non_fqdn_reject_code, "5.5.2",
                         "<%s>: %s rejected: need fully-qualified hostname",
                         a->s->helo, helo_class);
}

enum access_result check_unknown_helo(struct access *a, const char *argument)
{
    static const enum dns_type types[] = { DNS_A, DNS_AAAA, DNS_MX };
    const char *name = without_last_dot(a);
    struct dns_answer answer = { .status = DNS_NOT_FOUND };
    bool retry = false, filtered = false;

    (void)argument;
    if (*name == '[')
        return check_literal(a);
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        dns_query(a->s->line_arena, name, types[i], 0, &answer);
        if (answer.status == DNS_OK)
            return ACCESS_DUNNO;
        retry = retry || answer.status == DNS_RETRY;
        filtered = filtered || answer.status == DNS_FILTERED;
    }
    if (filtered) {
        log_warning("%s: address or MX lookup error: %s", name,
                    DNS_FILTERED_TEXT);
        return ACCESS_DUNNO;
    }
    const char *text = arena_printf(
        a->s->line_arena, "<%s>: %s rejected: %s", a->s->helo, helo_class,
        answer.status == DNS_INVALID ? "Malformed DNS server reply"
                                     : "Host not found");
    if (retry)
        return access_tempfail(
            a, smtpd_params.unknown_helo_hostname_tempfail_action, "4.7.1",
            text);
    return access_reject(a, (int)smtpd_params.unknown_hostname_reject_code,
                         "4.7.1", "%s", text);
}

enum access_result check_helo_table(struct access *a, const char *argument)
{
    return access_map_domain(a, argument, a->s->helo, a->s->helo,
                             helo_class);
}
