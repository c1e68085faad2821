/* SPDX-License-Identifier: ISC
 *
 * addr.c - tests of base/addr.h.
 */
#include "base/addr.h"

#include <string.h>

#include "test.h"

TEST(addr_parse_reads_numbers_only)
{
    static const struct {
        const char *text, *want; /* NULL: refused */
    } cases[] = {
        { "1.2.3.4", "1.2.3.4" },
        { "[1.2.3.4]", "1.2.3.4" },
        { "::1", "::1" },
        { "[::1]", "::1" },
        { "ipv6:::1", "::1" },
        { "[IPv6:2001:DB8::0:1]", "2001:db8::1" },
        { "::ffff:1.2.3.4", "::ffff:1.2.3.4" },
        { "", NULL },
        { "[", NULL },
        { "[]", NULL },
        { "[::1", NULL },
        { "::1]", NULL },
        { "1.2.3", NULL },
        { "1.2.3.256", NULL },
        { "1.2.3.4 ", NULL },
        { "localhost", NULL },
        { "fe80::1%eth0", NULL },
        { "ipv6:1.2.3.4", NULL },
    };
    char text[ADDR_TEXT_SIZE];

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct addr addr;
        bool ok = addr_parse(cases[i].text, 25, &addr);

        CHECK_STR(ok ? addr_format(&addr, text) : NULL, cases[i].want);
        if (ok)
            CHECK_INT(addr_port(&addr), 25);
    }
}

TEST(addr_unix_knows_the_longest_path)
{
    char path[200], text[ADDR_TEXT_SIZE];
    struct addr addr;

    memset(path, 'x', sizeof path);
    path[sizeof addr.un.sun_path - 1] = '\0';
    CHECK(addr_unix(path, &addr, NULL));
    CHECK_STR(addr_format(&addr, text), path);
    path[sizeof addr.un.sun_path - 1] = 'x';
    path[sizeof addr.un.sun_path] = '\0';
    CHECK(!addr_unix(path, &addr, NULL));
}

TEST(addr_of_nobody_is_unknown)
{
    struct addr none = { .length = 0 };
    char text[ADDR_TEXT_SIZE];

    CHECK_STR(addr_format(&none, text), "unknown");
    CHECK_INT(addr_family(&none), AF_UNSPEC);
}

TEST(addr_unmap_makes_ipv4)
{
    char text[ADDR_TEXT_SIZE];
    struct addr addr, plain;

    CHECK(addr_parse("::ffff:127.0.0.9", 99, &addr));
    CHECK(addr_is_loopback(&addr));
    addr_unmap(&addr);
    CHECK_STR(addr_format(&addr, text), "127.0.0.9");
    CHECK_INT(addr_port(&addr), 99);
    CHECK(addr_parse("127.0.0.9", 1, &plain));
    CHECK(addr_equal(&addr, &plain));
    CHECK(addr_parse("127.0.0.8", 99, &plain));
    CHECK(!addr_equal(&addr, &plain));
}

TEST(addr_net_has_its_members)
{
    static const struct {
        const char *net, *addr;
        bool want;
    } cases[] = {
        { "1.2.3.0/24", "1.2.3.255", true },
        { "1.2.3.0/24", "1.2.4.0", false },
        { "1.2.3.4", "1.2.3.4", true },
        { "1.2.3.4", "1.2.3.5", false },
        { "1.2.3", "1.2.3.77", true },
        { "10", "10.255.0.1", true },
        { "10", "11.0.0.1", false },
        { "0.0.0.0/0", "9.9.9.9", true },
        { "0.0.0.0/0", "::1", false },
        { "10.128.0.0/9", "10.127.255.255", false },
        { "10.128.0.0/9", "10.128.0.0", true },
        { "[::1]/128", "::1", true },
        { "[::1]", "::2", false },
        { "2001:db8::/33", "2001:db8:7fff::1", true },
        { "2001:db8::/33", "2001:db8:8000::1", false },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct addr_net net;
        struct addr addr;

        CHECK(addr_net_parse(cases[i].net, &net, NULL));
        CHECK(addr_parse(cases[i].addr, 0, &addr));
        CHECK_INT(addr_net_has(&net, &addr), cases[i].want);
    }
}

TEST(addr_net_refuses_mistakes)
{
    static const struct {
        const char *text, *why;
    } cases[] = {
        { "", "bad net/mask pattern: \"\"" },
        { "1.2.3.4/33", "bad net/mask pattern: \"1.2.3.4/33\"" },
        { "1.2.3.4/", "bad net/mask pattern: \"1.2.3.4/\"" },
        { "1.2.3.4/-1", "bad net/mask pattern: \"1.2.3.4/-1\"" },
        { "1.2.3/24", "bad net/mask pattern: \"1.2.3/24\"" },
        { "1.2.", "bad net/mask pattern: \"1.2.\"" },
        { "1.256", "bad net/mask pattern: \"1.256\"" },
        { "1.2.3.4/24", "non-null host address bits in \"1.2.3.4/24\", "
                        "perhaps you should use \"1.2.3.0/24\" instead" },
        { "[::1]/64", "non-null host address bits in \"[::1]/64\", "
                      "perhaps you should use \"[::]/64\" instead" },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct error why = ERROR_NONE;
        struct addr_net net;

        CHECK(!addr_net_parse(cases[i].text, &net, &why));
        CHECK_STR(why.text, cases[i].why);
    }
}
