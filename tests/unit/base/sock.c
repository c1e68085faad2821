/* SPDX-License-Identifier: ISC
 *
 * sock.c - tests of base/sock.h.
 */
#include "base/sock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "test.h"

TEST(sock_splits_host_and_port)
{
    static const struct {
        const char *text, *by_default, *want;
    } cases[] = {
        { "host:25", NULL, "host 25" },
        { "host:smtp", "lmtp", "host smtp" },
        { "host", "lmtp", "host lmtp" },
        { "host:", "lmtp", "host lmtp" },
        { ":24", NULL, " 24" },
        { "[::1]:24", NULL, "::1 24" },
        { "[1.2.3.4]", "25", "1.2.3.4 25" },
        { "2001:db8::1", "25", "2001:db8::1 25" },
        { "host", NULL, NULL },
        { "[::1", "25", NULL },
        { "[::1]24", "25", NULL },
        { "", "25", " 25" },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        char text[64], got[80];
        char *host, *port;
        struct error why = ERROR_NONE;

        snprintf(text, sizeof text, "%s", cases[i].text);
        bool ok =
            sock_split_hostport(text, &host, &port, cases[i].by_default, &why);
        if (ok)
            snprintf(got, sizeof got, "%s %s", host, port);
        CHECK_STR(ok ? got : NULL, cases[i].want);
        CHECK_INT(why.text[0] != '\0', !ok);
    }
}

TEST(sock_port_knows_numbers)
{
    int port = 0;

    CHECK(sock_port("65535", "tcp", &port));
    CHECK_INT(port, 65535);
    CHECK(!sock_port("65536", "tcp", &port));
    CHECK(!sock_port("0", "tcp", &port));
    CHECK(!sock_port("99999999999999", "tcp", &port));
    CHECK(!sock_port("no-such-service", "tcp", &port));
}

TEST(sock_connects_over_tcp)
{
    static const char *const addresses[] = { "127.0.0.1", "::1" };

    for (size_t i = 0; i < COUNT(addresses); i++) {
        struct addr addr, peer;
        struct error why = ERROR_NONE;
        char text[ADDR_TEXT_SIZE];

        CHECK(addr_parse(addresses[i], 0, &addr));
        int listener = sock_listen(&addr, 5, &why);
        if (listener < 0 && i == 1)
            return; /* a host without IPv6 */
        CHECK(listener >= 0);
        CHECK_INT(sock_accept(listener, &peer), -1);
        CHECK_INT(errno, EAGAIN);
        CHECK(sock_local(listener, &addr));
        int fd = sock_connect(&addr, NULL, deadline_in_s(120), &why);
        CHECK_STR(why.text, "");
        CHECK(io_wait(listener, IO_READ, deadline_in_s(120)));
        int accepted = sock_accept(listener, &peer);
        CHECK(accepted >= 0);
        CHECK_STR(addr_format(&peer, text), addresses[i]);
        CHECK(fcntl(accepted, F_GETFL) & O_NONBLOCK);
        CHECK(fcntl(accepted, F_GETFD) & FD_CLOEXEC);
        CHECK(sock_send_space(fd) > 0);
        close(accepted);
        close(fd);
        close(listener);

        CHECK_INT(sock_connect(&addr, NULL, deadline_in_s(120), &why), -1);
        CHECK_INT(errno, ECONNREFUSED);
        CHECK_STR(why.text, "Connection refused");
    }
}

TEST(sock_listen_says_what_it_could_not_bind)
{
    struct error why = ERROR_NONE;
    struct addr addr;

    CHECK(addr_parse("192.0.2.1", 12, &addr));
    CHECK_INT(sock_listen(&addr, 1, &why), -1);
    CHECK(strncmp(why.text, "bind 192.0.2.1 port 12: ", 24) == 0);
}

TEST(sock_connect_unix_waits_for_room_in_the_backlog)
{
    char path[90];
    struct error why = ERROR_NONE;
    int fds[8], count = 0;

    snprintf(path, sizeof path, "%s/s", test_dir());
    CHECK_INT(sock_connect_unix(path, deadline_in_ms(50), &why), -1);
    CHECK_INT(errno, ENOENT);
    int listener = sock_listen_unix(path, 1, &why);
    CHECK(listener >= 0);
    close(sock_listen_unix(path, 1, &why)); /* an old name is replaced */
    listener = sock_listen_unix(path, 1, &why);
    while (count < 8 && (fds[count] = sock_connect_unix(
                             path, deadline_in_ms(50), &why)) >= 0)
        count++;
    CHECK(count > 0 && count < 8);
    CHECK_INT(errno, ETIMEDOUT);
    for (int i = 0; i < count; i++)
        close(fds[i]);
}
