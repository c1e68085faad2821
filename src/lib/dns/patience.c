/* SPDX-License-Identifier: ISC
 *
 * patience.c - how long the hosts of one list may keep a process.
 */
#include "dns/patience.h"

enum { FAILURES_MIN = 3, TIME_S = 30 };

void dns_patience_begin(struct dns_patience *p)
{
    *p = (struct dns_patience){ .until = deadline_in_s(TIME_S) };
}

void dns_patience_note(struct dns_patience *p, enum dns_status status)
{
    if (status == DNS_RETRY)
        p->failures++;
}

bool dns_patience_is_over(const struct dns_patience *p)
{
    return p->failures >= FAILURES_MIN && p->until <= clock_now();
}

void dns_sort_by_preference(struct dns_record **list)
{
    struct dns_record *sorted = NULL;

    while (*list != NULL) {
        struct dns_record *one = *list, **at = &sorted;
        *list = one->next;
        while (*at != NULL && (*at)->preference <= one->preference)
            at = &(*at)->next;
        one->next = *at;
        *at = one;
    }
    *list = sorted;
}
