/* SPDX-License-Identifier: ISC
 *
 * recent.c - what a name service answered within the last second.
 *
 * A busy server asks for the same few users hundreds of times a second, and
 * each question costs a thread's turn and, in the C library, files to open or
 * a server to ask. Failures are not kept.
 */

#include <stdlib.h>

#include "base/clock.h"
#include "base/hash.h"
#include "table_private.h"

enum { KEPT_MS = 1000, MAX_KEPT = 1000, LONGEST_KEPT = 4096 };

struct recent {
    struct hash *answers; /* key -> char *; no_answer: ABSENT */
    deadline_t end;       /* of all of them */
};

static char no_answer[] = "";

static void forget(void *value)
{
    if (value != no_answer)
        free(value);
}

struct recent *recent_new(void)
{
    struct recent *recent = mem_zalloc(sizeof *recent);

    recent->answers = hash_new();
    return recent;
}

void recent_free(struct recent *recent)
{
    if (recent == NULL)
        return;
    hash_free(recent->answers, forget);
    free(recent);
}

bool recent_get(const struct recent *recent, const char *key,
                enum answer *answer, struct str *value)
{
    if (clock_now() >= recent->end)
        return false;
    const char *known = hash_get(recent->answers, key);
    if (known == NULL)
        return false;
    *answer = known == no_answer ? ABSENT : FOUND;
    if (*answer == FOUND)
        str_set(value, known);
    return true;
}

void recent_put(struct recent *recent, const char *key, enum answer answer,
                const struct str *value)
{
    deadline_t now = clock_now();

    if (answer == FAILED || (answer == FOUND && value->length > LONGEST_KEPT))
        return;
    if (now >= recent->end || hash_count(recent->answers) >= MAX_KEPT) {
        hash_free(recent->answers, forget);
        recent->answers = hash_new();
        recent->end = now + KEPT_MS;
    }
    char *kept = answer == ABSENT ? no_answer : mem_strdup(value->data);
    forget(hash_put(recent->answers, key, kept));
}
