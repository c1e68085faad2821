/* SPDX-License-Identifier: ISC
 *
 * access_backup.c - is this system a backup mail exchanger of the recipient's
 * domain?
 *
 * It is one if an MX record leads to an address of ours and a better one to
 * somebody else. That is a claim of whoever owns the domain, therefore
 * permit_mx_backup_networks can demand that the primary is a host we know.
 */
#include <limits.h>
#include <string.h>

#include "access.h"
#include "base/text.h"
#include "client/resolve.h"
#include "dns/patience.h"
#include "mail/address.h"

static enum access_result not_now(struct access *a, const char *what)
{
    access_defer_if_reject(a, 450, "4.4.4",
                           "<%s>: Recipient address rejected: Unable to look "
                           "up %s",
                           a->s->recipient, what);
    return ACCESS_DUNNO;
}

static enum access_result host_not_now(struct access *a, const char *host)
{
    return not_now(a, arena_printf(a->s->line_arena,
                                   "mail exchanger host %s: Temporary failure "
                                   "in name resolution",
                                   host));
}

/* Is the host one of ours? FAILED: it cannot be said now. */
static enum answer is_ours(struct access *a, const char *host,
                           struct dns_patience *patience)
{
    struct dns_record *records;
    struct error why = ERROR_NONE;

    if (text_equal_nocase(host, common_params.myhostname))
        return FOUND;
    if (dns_patience_is_over(patience))
        return FAILED;
    enum dns_status status =
        host_addresses(a->s->line_arena, host, 0, &records, &why);
    dns_patience_note(patience, status);
    switch (status) {
    case DNS_OK:
        break;
    case DNS_NOT_FOUND:
    case DNS_NO_DATA:
    case DNS_NULL_MX:
    case DNS_INVALID:
        return ABSENT;
    case DNS_RETRY:
    case DNS_FAILED:
    case DNS_FILTERED:
        return FAILED;
    }
    for (; records != NULL; records = records->next)
        if (local_domains_any_address(settings()->own, &records->address))
            return FOUND;
    return ABSENT;
}

/* Is an address of a best MX host in permit_mx_backup_networks? FAILED:
 * *unsure is one whose address is not known now. */
static enum answer is_known_primary(struct access *a,
                                    const struct dns_answer *mx, int best,
                                    struct dns_patience *patience,
                                    const char **unsure)
{
    struct dns_record *address;
    struct error why = ERROR_NONE;
    char text[ADDR_TEXT_SIZE];
    enum answer result = ABSENT;

    for (const struct dns_record *r = mx->records; r != NULL; r = r->next) {
        if (r->preference != best)
            continue;
        enum dns_status status =
            dns_patience_is_over(patience)
                ? DNS_RETRY
                : host_addresses(a->s->line_arena, r->target, 0, &address,
                                 &why);
        dns_patience_note(patience, status);
        if (status != DNS_OK) {
            result = FAILED;
            *unsure = r->target;
            continue;
        }
        for (; address != NULL; address = address->next)
            switch (match_list_has(settings()->backup_networks, NULL,
                                   addr_format(&address->address, text),
                                   NULL)) {
            case FOUND:
                return FOUND;
            case ABSENT:
                break;
            case FAILED:
                result = FAILED;
                *unsure = r->target;
                break;
            }
    }
    return result;
}

static enum access_result judge(struct access *a, const struct dns_answer *mx)
{
    int best = INT_MAX, our_best = INT_MAX;
    const char *unsure = NULL;
    struct dns_patience patience;

    dns_patience_begin(&patience);
    for (const struct dns_record *r = mx->records; r != NULL; r = r->next) {
        enum answer ours = is_ours(a, r->target, &patience);
        if (ours == FAILED)
            unsure = r->target;
        if (ours == FOUND && r->preference < our_best)
            our_best = r->preference;
        if (r->preference < best)
            best = r->preference;
    }
    if (our_best == INT_MAX || dns_patience_is_over(&patience))
        return unsure ? host_not_now(a, unsure) : ACCESS_DUNNO;
    if (our_best == best)
        return ACCESS_DUNNO;
    if (match_list_is_empty(settings()->backup_networks))
        return ACCESS_OK;
    switch (is_known_primary(a, mx, best, &patience, &unsure)) {
    case FOUND:
        return ACCESS_OK;
    case ABSENT:
        return ACCESS_DUNNO;
    case FAILED:
        return host_not_now(a, unsure);
    }
    return ACCESS_DUNNO;
}

enum access_result access_mx_backup(struct access *a)
{
    enum access_result result = check_permit_auth_destination(a, NULL);
    struct resolve_reply resolved;
    struct dns_answer mx;

    if (result != ACCESS_DUNNO)
        return result;
    if (!address_resolve(a->s, a->s->recipient, &resolved))
        return access_trouble(a, "451 4.3.0 <%s>: Temporary lookup failure",
                              a->s->recipient);
    const char *domain = address_domain(resolved.recipient);
    if (domain == NULL || *domain == '[' || (resolved.flags & RESOLVE_ROUTED))
        return ACCESS_DUNNO;
    dns_query(a->s->line_arena, domain, DNS_MX, 0, &mx);
    switch (mx.status) {
    case DNS_OK:
        return judge(a, &mx);
    case DNS_NOT_FOUND:
    case DNS_NO_DATA:
    case DNS_NULL_MX:
    case DNS_INVALID:
        return ACCESS_DUNNO;
    case DNS_RETRY:
    case DNS_FAILED:
    case DNS_FILTERED:
        return not_now(a, arena_printf(a->s->line_arena,
                                       "mail exchanger information: %s",
                                       mx.error));
    }
    return ACCESS_DUNNO;
}
