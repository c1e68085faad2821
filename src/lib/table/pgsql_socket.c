/* SPDX-License-Identifier: ISC
 *
 * pgsql_socket.c - how much comes from a database server.
 */

#include "pgsql_socket.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static ino_t inode_of(int fd)
{
    struct stat status = { .st_ino = 0 };

    fstat(fd, &status);
    return status.st_ino;
}

static void give_up(struct pgsql_socket *s)
{
    close(s->server);
    close(s->inner);
    s->server = s->inner = -1;
}

bool pgsql_socket_follow(struct pgsql_socket *s, int fd, bool is_connected)
{
    int pair[2];

    if (s->server >= 0 && s->given == inode_of(fd))
        return true;
    if (s->server >= 0)
        give_up(s);
    if (!is_connected)
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

static bool send_all(int to, const char *data, size_t size, deadline_t until)
{
    struct pollfd room = { .fd = to, .events = POLLOUT };

    while (size > 0) {
        int ready = poll(&room, 1, deadline_left_ms(until));
        if (ready == 0)
            return false;
        ssize_t sent = send(to, data, size, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent < 0 && errno != EAGAIN && errno != EINTR)
            return false;
        if (sent > 0) {
            data += sent;
            size -= (size_t)sent;
        }
    }
    return true;
}

/* Returns the bytes passed on, 0 at the end of either side, -1 if there is
 * nothing. */
static ssize_t pass(int from, int to, deadline_t until)
{
    char piece[4096];
    ssize_t got = recv(from, piece, sizeof(piece), MSG_DONTWAIT);

    if (got < 0)
        return errno == EAGAIN || errno == EINTR ? -1 : 0;
    return send_all(to, piece, (size_t)got, until) ? got : 0;
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

void pgsql_socket_close(struct pgsql_socket *s)
{
    if (s->server < 0)
        return;
    pass(s->inner, s->server, clock_now());
    give_up(s);
}
