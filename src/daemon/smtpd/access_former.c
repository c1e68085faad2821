/* SPDX-License-Identifier: ISC
 *
 * access_former.c - restrictions of earlier releases.
 *
 * They do what they did, so that an old configuration keeps refusing what it
 * refused. One warning a process names what to write today.
 */
#include <string.h>

#include "access.h"
#include "base/log.h"
#include "base/text.h"
#include "mail/address.h"

/* One bit each of those that were warned about. */
enum former { RELAY_DOMAINS, NAKED_IP, MAPS_RBL, UNKNOWN_RECIPIENT };

static void warn_once(enum former which, const char *name, const char *instead)
{
    static unsigned warned;

    if (warned & 1U << which)
        return;
    warned |= 1U << which;
    log_warning("restriction \"%s\" is no longer part of Postfix; instead, "
                "specify %s",
                name, instead);
}

/* The client's name is in relay_domains, or the recipient's domain is ours or
 * one that we relay to; all else is refused. */
enum access_result check_relay_domains(struct access *a, const char *argument)
{
    const char *client = a->s->peer.name;

    warn_once(RELAY_DOMAINS, "check_relay_domains",
              "\"permit_mynetworks, reject_unauth_destination\"");
    if (strcmp(client, "unknown") != 0)
        switch (match_list_has(settings()->relay_domains, client, NULL,
                               NULL)) {
        case FOUND:
            return ACCESS_OK;
        case ABSENT:
            break;
        case FAILED:
            return access_trouble(a, "451 4.3.0 <%s>: Temporary lookup "
                                  "failure", client);
        }
    enum access_result result = check_reject_unauth_destination(a, argument);
    return result == ACCESS_DUNNO ? ACCESS_OK : result;
}

enum access_result check_naked_ip(struct access *a, const char *argument)
{
    (void)argument;
    warn_once(NAKED_IP, "permit_naked_ip_address",
              "\"permit_mynetworks\" or \"permit_sasl_authenticated\"");
    return domain_is_literal_ipv4(a->s->helo) ? ACCESS_OK : ACCESS_DUNNO;
}

enum access_result check_maps_rbl(struct access *a, const char *argument)
{
    char **domains = settings_words(a->s->line_arena,
                                    smtpd_params.maps_rbl_domains);
    enum access_result result = ACCESS_DUNNO;

    (void)argument;
    warn_once(MAPS_RBL, "reject_maps_rbl",
              "\"reject_rbl_client domain-name\" for each name of "
              "maps_rbl_domains");
    for (; *domains != NULL && result == ACCESS_DUNNO; domains++)
        result = check_rbl_client(a, *domains);
    return result;
}

enum access_result check_unknown_recipient(struct access *a,
                                           const char *argument)
{
    warn_once(UNKNOWN_RECIPIENT, "reject_unknown_recipient",
              "\"reject_unknown_recipient_domain\"");
    return check_unknown_recipient_domain(a, argument);
}

enum access_result check_mx_backup(struct access *a, const char *argument)
{
    static bool warned;

    (void)argument;
    if (!warned)
        log_warning("support for restriction \"permit_mx_backup\" will be "
                    "removed from Postfix; instead, specify "
                    "\"relay_domains\"");
    warned = true;
    return access_mx_backup(a);
}
