/* SPDX-License-Identifier: ISC
 *
 * answer_cache.c - answers of the rewrite service, remembered for a while.
 */
#include "answer_cache.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"

/* Together with its key; longer ones are of clients who mean no good, and
 * would be most of the process. */
enum { LONGEST_KEPT = 1000 };

struct remembered {
    deadline_t until;
    size_t length;
    char data[];
};

const void *answer_cache_get(struct answer_cache *cache, const char *key,
                             size_t *length)
{
    if (cache->answers == NULL)
        return NULL;
    struct remembered *known = hash_get(cache->answers, key);
    if (known == NULL)
        return NULL;
    if (known->until < clock_now()) {
        free(hash_remove(cache->answers, key));
        return NULL;
    }
    *length = known->length;
    return known->data;
}

void answer_cache_put(struct answer_cache *cache, const char *key,
                      const void *data, size_t length)
{
    if (strlen(key) + length > LONGEST_KEPT)
        return;
    if (cache->answers != NULL && hash_count(cache->answers) >= cache->limit) {
        hash_free(cache->answers, free);
        cache->answers = NULL;
    }
    if (cache->answers == NULL)
        cache->answers = hash_new();

    struct remembered *answer = mem_alloc(sizeof *answer + length);
    answer->until = deadline_in_s(cache->ttl_s);
    answer->length = length;
    memcpy(answer->data, data, length);
    free(hash_put(cache->answers, key, answer));
}
