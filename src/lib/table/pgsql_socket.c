/* SPDX-License-Identifier: ISC
 *
 * pgsql_socket.c - how much comes from a database server.
 */

#include "pgsql_socket.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* A socket that can be written to has room for so much. */
enum { PIECE = 4096 };

static ino_t inode_of(int fd)
{
    struct stat status = { .st_ino = 0 };

    fstat(fd, &status);
    return status.st_ino;
}

static bool is_local(int fd)
{
    int domain = AF_UNSPEC;
    socklen_t size = sizeof(domain);

    getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size);
    return domain == AF_UNIX;
}

static void give_up(struct pgsql_socket *s)
{
    close(s->server);
    close(s->inner);
    s->server = s->inner = -1;
}

bool pgsql_socket_follow(struct pgsql_socket *s, int fd)
{
    int pair[2];

    if (s->server >= 0 && s->given == inode_of(fd))
        return true;
    if (s->server >= 0)
        give_up(s);
    if (!is_local(fd))
        return true;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0,
                   pair) < 0)
        return false;
    s->inner = pair[0];
    s->server = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    bool good = s->server >= 0 && dup3(pair[1], fd, O_CLOEXEC) >= 0;
    close(pair[1]);
    s->given = inode_of(fd);
    if (!good)
        give_up(s);
    return good;
}

/* Returns the bytes passed on, 0 at the end, -1 if there is nothing, or no way
 * to pass it on. */
static ssize_t pass(int from, int to, deadline_t until)
{
    char piece[PIECE];
    struct pollfd room = { .fd = to, .events = POLLOUT };

    if (poll(&room, 1, deadline_left_ms(until)) <= 0)
        return -1;
    ssize_t got = recv(from, piece, sizeof(piece), MSG_DONTWAIT);
    if (got < 0)
        return errno == EAGAIN || errno == EINTR ? -1 : 0;
    if (got > 0 && send(to, piece, got, MSG_NOSIGNAL) != got)
        return 0;
    return got;
}

bool pgsql_socket_wait(struct pgsql_socket *s, int fd, short events,
                       deadline_t until)
{
    struct pollfd sockets[] = {
        { .fd = fd, .events = events },
        { .fd = s->server, .events = POLLIN },
        { .fd = s->inner, .events = POLLIN },
    };

    while (poll(sockets, s->server >= 0 ? 3 : 1, deadline_left_ms(until)) > 0) {
        if (sockets[0].revents != 0)
            return true;
        ssize_t said = -1, heard = -1;
        if (sockets[2].revents != 0)
            said = pass(s->inner, s->server, until);
        if (sockets[1].revents != 0)
            heard = pass(s->server, s->inner, until);
        if (heard > 0)
            s->passed += (uint64_t)heard;
        /* That is the end for the library, too. */
        if (said == 0 || heard == 0)
            shutdown(s->inner, SHUT_RDWR);
    }
    return false;
}

uint64_t pgsql_socket_received(const struct pgsql_socket *s, int fd)
{
    struct tcp_info info = { .tcpi_bytes_received = 0 };
    socklen_t size = sizeof(info);

    if (s->server >= 0)
        return s->passed;
    getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size);
    return info.tcpi_bytes_received;
}

void pgsql_socket_close(struct pgsql_socket *s)
{
    if (s->server < 0)
        return;
    pass(s->inner, s->server, clock_now());
    give_up(s);
}
