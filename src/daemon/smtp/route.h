/* SPDX-License-Identifier: ISC
 *
 * route.h - what route.c, host.c and srv.c share.
 */
#ifndef SMTP_ROUTE_H
#define SMTP_ROUTE_H

#include "dns/patience.h"
#include "smtp.h"

struct server_list {
    struct server *first, **end; /* end: where to link the next one */
    struct dns_patience patience;
    const char *left_out; /* the first host that there was no time for */
    int left_out_preference;
};

void server_list_init(struct server_list *list);
/* Add the addresses of <host>, a name or an address, after those of better
 * preference. False: it has none, and d->why. */
MAY_WAIT bool server_list_add_host(struct delivery *d,
                                   struct server_list *list, const char *host,
                                   int port, int preference);
/* After the last one. Hosts that are no better than one that was left out go,
 * too: it may be this system, or lead to it. False: none is left for that
 * reason, and d->why. */
bool server_list_finish(struct delivery *d, struct server_list *list);
/* d->why from what the resolver said. */
void route_dns_failure(struct delivery *d, const struct dns_answer *answer);

/* By SRV records (RFC 2782) of d->site. ABSENT: go on with MX or address
 * lookup; FAILED: d->why. The order of the result is final. */
MAY_WAIT enum answer srv_find(struct delivery *d, struct server_list *list);

#endif
