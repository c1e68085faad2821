/* SPDX-License-Identifier: ISC
 *
 * listen_address.c - tests: the addresses that an inet service means.
 */
#include "service/listen_address.h"

#include <stdio.h>

#include "test.h"

static const char KNOWN[] = "lmtp=24, smtp=25, smtps=submissions=465";

TEST(listen_address_splits_host_and_port)
{
    static const struct { const char *input, *host, *port; bool ok; } cases[] = {
        { "smtp", "", "smtp", true },
        { "127.0.0.1:smtp", "127.0.0.1", "smtp", true },
        { "::1:25", "::1", "25", true },
        { "[::1]:25", "::1", "25", true },
        { ":25", "", "25", true },
        { "host:", "host", "", false },
        { "[]:25", NULL, NULL, false },
        { "[::1:25", NULL, NULL, false },
        { "", "", "", false },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        char text[64], *host, *port;
        snprintf(text, sizeof text, "%s", cases[i].input);
        CHECK_INT(listen_address_split(text, &host, &port), cases[i].ok);
        if (cases[i].host == NULL)
            continue;
        CHECK_STR(host, cases[i].host);
        CHECK_STR(port, cases[i].port);
    }
}

TEST(listen_port_knows_names_of_main_cf_first)
{
    int port = 0;

    CHECK(listen_port_find("smtp", "smtp=2525", &port));
    CHECK_INT(port, 2525);
    CHECK(listen_port_find("smtps", KNOWN, &port));
    CHECK_INT(port, 465);
    CHECK(listen_port_find("submissions", KNOWN, &port));
    CHECK_INT(port, 465);
    CHECK(listen_port_find("10025", KNOWN, &port));
    CHECK_INT(port, 10025);
    CHECK(!listen_port_find("465x", KNOWN, &port));
    CHECK(!listen_port_find("65536", KNOWN, &port));
    CHECK(!listen_port_find("0", KNOWN, &port));
}

/* The addresses as text, or the reason. */
static const char *find(const char *service, const char *interfaces,
                        const char *protocols)
{
    static char out[1200];
    const struct listen_options options = { interfaces, protocols, KNOWN };
    struct listen_addresses found;
    struct error why = ERROR_NONE;
    size_t used = 0;

    if (!listen_addresses_find(service, &options, &found, &why)) {
        snprintf(out, sizeof out, "%s", why.text);
        return out;
    }
    out[0] = '\0';
    for (size_t i = 0; i < found.count; i++) {
        char text[ADDR_TEXT_SIZE];
        used += (size_t)snprintf(out + used, sizeof out - used, "%s[%s]:%d",
                                 i > 0 ? " " : "",
                                 addr_format(&found.items[i], text),
                                 addr_port(&found.items[i]));
    }
    snprintf(out + used, sizeof out - used, "%s",
             found.is_public ? " public" : "");
    ARRAY_FREE(&found);
    return out;
}

TEST(listen_addresses_follow_inet_interfaces)
{
    CHECK_STR(find("smtp", "all", "ipv4"), "[0.0.0.0]:25 public");
    CHECK_STR(find("smtp", "127.0.0.1", "ipv4"), "[127.0.0.1]:25");
    CHECK_STR(find("smtp", "127.0.0.1, 127.0.0.1", "ipv4"),
              "[127.0.0.1]:25");
    CHECK_STR(find("127.0.0.1:smtps", "all", "all"), "[127.0.0.1]:465");
    CHECK_STR(find("smtp", "", "ipv4"),
              "service smtp: service definition requires valid host name or "
              "address, or non-empty inet_interfaces setting");
    CHECK_STR(find("nosuchport", "all", "ipv4"),
              "service nosuchport: port \"nosuchport\" is unknown; specify a "
              "number, or name it in known_tcp_ports or services(5)");
}
