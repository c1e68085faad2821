/* SPDX-License-Identifier: ISC
 *
 * local_domain.c - is a domain delivered on this system: mydestination, and
 * our addresses.
 */
#include "mail/local_domain.h"

#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "base/text.h"
#include "config/interfaces.h"
#include "table/match_list.h"

struct local_domains {
    char *myorigin;                  /* owned */
    struct match_list *destinations; /* owned */
    struct interfaces own, proxies;
    bool broken;                     /* the addresses are not known */
};

static void read_addresses(struct local_domains *local, const char *title,
                           const char *selection, const char *protocols,
                           struct interfaces *out)
{
    struct error why = ERROR_NONE;

    if (*selection == '\0')
        return;
    if (interfaces_list(selection, protocols, out, &why))
        return;
    log_warning("%s: %s", title, why.text);
    local->broken = true;
}

struct local_domains *local_domains_open(const char *myorigin,
                                         const char *mydestination,
                                         const char *interfaces,
                                         const char *proxies,
                                         const char *protocols)
{
    struct local_domains *local = mem_zalloc(sizeof *local);

    local->myorigin = mem_strdup(myorigin);
    local->destinations =
        match_list_open("mydestination", mydestination, MATCH_STRING, 0);
    read_addresses(local, "inet_interfaces", interfaces, protocols,
                   &local->own);
    read_addresses(local, "proxy_interfaces", proxies, protocols,
                   &local->proxies);
    return local;
}

static bool list_has(const struct interfaces *list, const struct addr *addr)
{
    for (size_t i = 0; i < list->count; i++)
        if (addr_equal(&list->items[i].addr, addr))
            return true;
    return false;
}

bool local_domains_any_address(const struct local_domains *local,
                               const struct addr *addr)
{
    return list_has(&local->own, addr) || list_has(&local->proxies, addr);
}

enum answer local_domains_have(struct local_domains *local, const char *domain)
{
    struct addr addr;
    enum answer listed =
        match_list_has(local->destinations, domain, NULL, NULL);

    if (listed != ABSENT || domain[0] != '[')
        return listed;
    if (!addr_parse(domain, 0, &addr))
        return ABSENT;
    if (local->broken)
        return FAILED;
    return local_domains_any_address(local, &addr) ? FOUND : ABSENT;
}

enum answer local_domains_own(const char *domain, void *context)
{
    struct local_domains *local = context;

    return text_equal_nocase(domain, local->myorigin)
               ? FOUND
               : local_domains_have(local, domain);
}
