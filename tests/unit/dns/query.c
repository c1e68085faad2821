/* SPDX-License-Identifier: ISC
 *
 * query.c - tests of what needs no name server.
 */
#include "dns/query.h"

#include <string.h>

#include "test.h"

TEST(reverse_names_are_made)
{
    static const struct {
        const char *address, *want;
    } cases[] = {
        { "192.0.2.1", "1.2.0.192.in-addr.arpa" },
        { "255.0.0.10", "10.0.0.255.in-addr.arpa" },
        { "2001:db8::1", "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0."
                         "8.b.d.0.1.0.0.2.ip6.arpa" },
    };
    struct arena *arena = arena_new();

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct addr addr;
        CHECK(addr_parse(cases[i].address, 0, &addr));
        CHECK_STR(dns_reverse_name(arena, &addr, "in-addr.arpa", "ip6.arpa"),
                  cases[i].want);
    }
    arena_free(arena);
}

/* Names that cannot exist are not asked for. */
TEST(bad_names_are_not_found)
{
    static const char *const names[] = { "", "a..b", ".", "a b", "1.2.3.4",
                                         "-a.example" };
    struct arena *arena = arena_new();

    for (size_t i = 0; i < COUNT(names); i++) {
        struct dns_answer answer;
        dns_query(arena, names[i], DNS_MX, 0, &answer);
        CHECK_INT(answer.status, DNS_NOT_FOUND);
        CHECK(strstr(answer.reason, "invalid host or domain name") != NULL);
        CHECK(answer.records == NULL);
    }
    arena_free(arena);
}

TEST(the_system_knows_itself)
{
    struct arena *arena = arena_new();
    struct dns_record *records;
    struct error why = ERROR_NONE;
    char text[ADDR_TEXT_SIZE];

    CHECK_INT(host_addresses(arena, "127.0.0.1", 0, &records, &why), DNS_OK);
    CHECK(records != NULL && records->next == NULL);
    if (records != NULL)
        CHECK_STR(addr_format(&records->address, text), "127.0.0.1");
    arena_free(arena);
}
