/* SPDX-License-Identifier: ISC
 *
 * local_domain.h - is a domain delivered on this system: mydestination, and our
 * addresses.
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
struct local_domains *local_domains_open(const char *myorigin,
                                         const char *mydestination,
                                         const char *interfaces,
                                         const char *proxies,
                                         const char *protocols);
/* <domain> without a trailing dot; "[1.2.3.4]" and "[IPv6:..]" are compared
 * with the addresses. */
MAY_WAIT enum answer local_domains_have(struct local_domains *local,
                                        const char *domain);
/* The same, and $myorigin: whether tables may list a user of the domain by the
 * bare name. <context> is a struct local_domains; for struct find_options. */
MAY_WAIT enum answer local_domains_own(const char *domain, void *context);
/* Ours or a proxy's: the loop test of MX hosts. */
bool local_domains_any_address(const struct local_domains *local,
                               const struct addr *addr);

#endif
