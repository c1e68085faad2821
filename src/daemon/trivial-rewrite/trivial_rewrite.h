/* SPDX-License-Identifier: ISC
 *
 * trivial_rewrite.h - the parts of the rewrite service.
 */
#ifndef TRIVIAL_REWRITE_H
#define TRIVIAL_REWRITE_H

#include <stdbool.h>

#include "base/arena.h"
#include "client/rewrite.h"
#include "ipc/messages/rewrite.h"
#include "mail/local_domain.h"
#include "table/maps.h"

void rewrite_open(void);
/* An address in external form to standard form, which is internal: source
 * routes, bang paths, the percent hack, missing domains, trailing dots
 * (postconf(5)). */
char *rewrite_address(struct arena *arena, enum rewrite_context context,
                      const char *address);
/* The same in the local context for text that was in quotes and counts as an
 * address all the same (resolve_dequoted_address). */
char *rewrite_dequoted(struct arena *arena, const char *address);

/* Fill <reply> for the routing that a table set up by resolver_open gives. */
struct resolver;
struct resolver_options {
    const char *local_transport, *virtual_transport, *relay_transport,
        *default_transport, *relayhost, *transport_maps,
        *sender_relayhost_maps, *sender_transport_maps;
};
void resolve_open(void); /* tables and lists that all resolvers share */
/* Is the domain listed as local, relayed, virtual alias or mailbox domain? */
MAY_WAIT bool resolve_has_class(const char *domain);
struct resolver *resolver_open(const struct resolver_options *options);
MAY_WAIT void resolver_resolve(struct resolver *resolver, struct arena *arena,
                               const char *sender, const char *address,
                               struct resolve_reply *reply);

/* transport(5): full address, without extension, domain, its parents, "*".
 * FOUND: *transport and *nexthop are changed as the entry says; <domain> is
 * the next hop for an entry that names a transport alone. */
MAY_WAIT enum answer transport_map_get(struct maps *maps, struct arena *arena,
                                       const char *address, const char *domain,
                                       const char **transport,
                                       const char **nexthop);
/* Cut "transport:nexthop"; either may be empty. */
void transport_split(struct arena *arena, const char *text,
                     const char **transport, const char **nexthop);

#endif
