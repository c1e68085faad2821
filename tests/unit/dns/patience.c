/* SPDX-License-Identifier: ISC
 *
 * Lists of hosts that cannot be looked up.
 */
#include "dns/patience.h"

#include "test.h"

TEST(patience_needs_failures_and_time)
{
    static const struct { int failures; bool late, want; } cases[] = {
        { 0, false, false }, { 0, true, false }, { 2, true, false },
        { 3, false, false }, { 3, true, true },  { 99, false, false },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct dns_patience p;
        dns_patience_begin(&p);
        for (int n = 0; n < cases[i].failures; n++)
            dns_patience_note(&p, DNS_RETRY);
        dns_patience_note(&p, DNS_OK);
        dns_patience_note(&p, DNS_NOT_FOUND);
        if (cases[i].late)
            p.until = clock_now();
        CHECK_INT(dns_patience_is_over(&p), cases[i].want);
    }
}

TEST(records_are_sorted_by_preference)
{
    static const int preferences[] = { 20, 10, 20, 5, 10 };
    static const size_t want[] = { 3, 1, 4, 0, 2 };
    struct dns_record records[COUNT(preferences)] = { 0 };
    struct dns_record *list = records, *r;

    for (size_t i = 0; i < COUNT(records); i++) {
        records[i].preference = preferences[i];
        records[i].next = i + 1 < COUNT(records) ? &records[i + 1] : NULL;
    }
    dns_sort_by_preference(&list);
    r = list;
    for (size_t i = 0; i < COUNT(want); i++, r = r->next)
        CHECK_INT(r - records, want[i]);
    CHECK(r == NULL);
    list = NULL;
    dns_sort_by_preference(&list);
    CHECK(list == NULL);
}
