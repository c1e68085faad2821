/* SPDX-License-Identifier: ISC
 *
 * answer_cache.h - answers of the rewrite service, remembered for a while.
 */
#ifndef ANSWER_CACHE_H
#define ANSWER_CACHE_H

#include <stddef.h>

#include "base/clock.h"
#include "base/hash.h"

/* Bytes that stay valid until the next store: copy before you wait. Very long
 * ones are not kept. */
struct answer_cache {
    struct hash *answers; /* key -> struct remembered */
    size_t limit;         /* entries; when full, all are forgotten */
    int ttl_s;
};

/* NULL: not known, or too old. */
const void *answer_cache_get(struct answer_cache *cache, const char *key,
                             size_t *length);
void answer_cache_put(struct answer_cache *cache, const char *key,
                      const void *data, size_t length);

#endif
