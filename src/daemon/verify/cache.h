/* SPDX-License-Identifier: ISC
 *
 * cache.h - what is known of addresses.
 */
#ifndef VERIFY_CACHE_H
#define VERIFY_CACHE_H

#include <stdbool.h>
#include <time.h>

#include "base/arena.h"
#include "table/table.h"

/* "status:probed:updated:text" in the table: status 0 good, 1 deferred, 2
 * bad, 3 not known yet. */
struct cache_entry {
    int status;      /* VERIFY_ */
    time_t probed;   /* when the last probe was sent; 0: its answer is in */
    time_t updated;  /* when the status was learnt; 0: never */
    const char *text;
};

/* As mail_owner: the table belongs to the mail system. */
void cache_open(void);
/* FOUND: an entry that has not expired. */
MAY_WAIT enum answer cache_get(struct arena *arena, const char *address,
                               struct cache_entry *entry);
/* False: it could not be stored (logged). */
MAY_WAIT bool cache_put(struct arena *arena, const char *address,
                        const struct cache_entry *entry);
bool cache_needs_refresh(const struct cache_entry *entry);
/* Is a probe on its way that has not been waited for long enough? */
bool cache_is_probed(const struct cache_entry *entry);
/* Drop what has expired, every address_verify_cache_cleanup_interval, also when
 * that is longer than a process lives; never returns unless it is 0. */
MAY_WAIT void cache_sweep_forever(void);

#endif
