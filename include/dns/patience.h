/* SPDX-License-Identifier: ISC
 *
 * dns/patience.h - how long the hosts of one list may keep a process.
 *
 * The owner of a domain says how many servers it has and which name servers
 * know them. A hundred hosts whose name servers keep silent would cost a
 * hundred times what the resolver waits, and so, after some that could not be
 * looked up, the rest has to do without.
 */
#ifndef DNS_PATIENCE_H
#define DNS_PATIENCE_H

#include "base/clock.h"
#include "dns/query.h"

struct dns_patience {
    deadline_t until; /* this long at least, however many fail */
    int failures;
};

void dns_patience_begin(struct dns_patience *p);
/* One of the hosts was looked up, with this result. */
void dns_patience_note(struct dns_patience *p, enum dns_status status);
/* Is it time to stop? Not before three lookups failed and 30 seconds passed. */
bool dns_patience_is_over(const struct dns_patience *p);

/* Best first; those of the same preference stay in their order. */
void dns_sort_by_preference(struct dns_record **list);

#endif
