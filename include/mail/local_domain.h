/* SPDX-License-Identifier: ISC
 *
 * local_domain.h - is a domain delivered on this system: mydestination, and our addresses.
 */
#ifndef MAIL_LOCAL_DOMAIN_H
#define MAIL_LOCAL_DOMAIN_H

#include <stdbool.h>

#include "base/addr.h"
#include "base/error.h"
#include "table/table.h"

struct local_domains;

/* <interfaces>, <proxies>: inet_interfaces and proxy_interfaces, with the
 * protocols of inet_protocols. Never NULL; a list that cannot be used makes
 * every answer FAILED. */
struct local_domains *local_domains_open(const char *mydestination,
                                         bool parents_match,
                                         const char *interfaces,
                                         const char *proxies,
                                         const char *protocols);
void local_domains_close(struct local_domains *local);
/* <domain> without a trailing dot; "[1.2.3.4]" and "[IPv6:..]" are compared
 * with the addresses. */
MAY_WAIT enum answer local_domains_have(struct local_domains *local,
                                        const char *domain);
/* Is this one of our addresses (not those of proxies)? */
bool local_domains_own_address(const struct local_domains *local,
                               const struct addr *addr);
/* Ours or a proxy's: the loop test of MX hosts. */
bool local_domains_any_address(const struct local_domains *local,
                               const struct addr *addr);

#endif
