/* SPDX-License-Identifier: ISC
 *
 * sock.c - sockets: listen, connect, names, all with a deadline.
 *
 * Every socket made here is nonblocking and closed on exec, so nothing ever
 * waits except in io_wait, and no child inherits a session.
 */
#include "base/sock.h"

#include <errno.h>
#include <limits.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/io.h"

/* Close <fd>, note the reason, keep errno. Returns -1. */
static int give_up(int fd, struct error *why, const char *what)
{
    int saved = errno;

    if (fd >= 0)
        close(fd);
    error_set(why, "%s%s", what, strerror(saved));
    errno = saved;
    return -1;
}

static int window_bytes;

void sock_limit_window(long bytes)
{
    window_bytes = bytes > 0 && bytes <= INT_MAX ? (int)bytes : 0;
}

/* Accepted sockets have the buffers of their listener. */
static void limit_window(int fd)
{
    int bytes = window_bytes;

    (void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
}

static int open_socket(int family)
{
    int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd >= 0 && window_bytes > 0 && family != AF_UNIX)
        limit_window(fd);
    return fd;
}

static void set_on(int fd, int level, int option)
{
    int on = 1;

    (void)setsockopt(fd, level, option, &on, sizeof on);
}

int sock_listen(const struct addr *addr, int backlog, struct error *why)
{
    char text[ADDR_TEXT_SIZE];
    int fd = open_socket(addr_family(addr));

    if (fd < 0)
        return give_up(fd, why, "socket: ");
    set_on(fd, SOL_SOCKET, SO_REUSEADDR);
    if (addr_family(addr) == AF_INET6)
        set_on(fd, IPPROTO_IPV6, IPV6_V6ONLY);
    if (bind(fd, &addr->generic, addr->length) != 0) {
        give_up(fd, why, "");
        int saved = errno;
        error_prefix(why, "bind %s port %d", addr_format(addr, text),
                     addr_port(addr));
        errno = saved;
        return -1;
    }
    if (listen(fd, backlog) != 0)
        return give_up(fd, why, "listen: ");
    return fd;
}

/* Wait for the outcome of a connect that is under way. */
static bool finish_connect(int fd, deadline_t until)
{
    int error = 0;
    socklen_t size = sizeof error;

    if (!io_wait(fd, IO_WRITE, until))
        return false;
    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0)
        return false;
    errno = error;
    return error == 0;
}

/* A full backlog of a UNIX-domain listener is EAGAIN and nothing to wait
 * for, so ask again, ever more slowly. */
static bool connect_until(int fd, const struct addr *addr, deadline_t until)
{
    for (int pause_ms = 1;; pause_ms = pause_ms < 64 ? pause_ms * 2 : 100) {
        if (connect(fd, &addr->generic, addr->length) == 0)
            return true;
        if (errno == EINPROGRESS || errno == EINTR)
            return finish_connect(fd, until);
        if (errno != EAGAIN || addr_family(addr) != AF_UNIX)
            return false;
        if (deadline_left_ms(until) == 0) {
            errno = ETIMEDOUT;
            return false;
        }
        clock_sleep_ms(pause_ms);
    }
}

int sock_connect(const struct addr *addr, const struct addr *from,
                 deadline_t until, struct error *why)
{
    int fd = open_socket(addr_family(addr));

    if (fd < 0)
        return give_up(fd, why, "");
    if (from != NULL && bind(fd, &from->generic, from->length) != 0)
        return give_up(fd, why, "bind: ");
    if (!connect_until(fd, addr, until))
        return give_up(fd, why, "");
    return fd;
}

int sock_listen_unix(const char *path, int backlog, struct error *why)
{
    struct addr addr;

    if (!addr_unix(path, &addr, why)) {
        errno = ENAMETOOLONG;
        return -1;
    }
    int fd = open_socket(AF_UNIX);
    if (fd < 0)
        return give_up(fd, why, "socket: ");
    if (unlink(path) != 0 && errno != ENOENT)
        return give_up(fd, why, "remove old socket: ");
    if (bind(fd, &addr.generic, addr.length) != 0)
        return give_up(fd, why, "bind: ");
    if (listen(fd, backlog) != 0)
        return give_up(fd, why, "listen: ");
    return fd;
}

int sock_connect_unix(const char *path, deadline_t until, struct error *why)
{
    struct addr addr;

    if (!addr_unix(path, &addr, why)) {
        errno = ENAMETOOLONG;
        return -1;
    }
    return sock_connect(&addr, NULL, until, why);
}

/* Linux hands over errors of the new connection here; to the listener they
 * mean that this caller has gone away (accept(2), "Error handling"). */
static bool is_lost_peer(int error)
{
    static const int errors[] = { EINTR,        ECONNABORTED, ENETDOWN,
                                  EPROTO,       ENOPROTOOPT,  EHOSTDOWN,
                                  EHOSTUNREACH, EOPNOTSUPP,   ENETUNREACH };

    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++)
        if (error == errors[i])
            return true;
    return false;
}

int sock_accept(int fd, struct addr *peer)
{
    struct addr unused;

    if (peer == NULL)
        peer = &unused;
    memset(peer, 0, sizeof *peer);
    peer->length = sizeof peer->storage;
    int got = accept4(fd, &peer->generic, &peer->length,
                      SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (got >= 0)
        return got;
    if (is_lost_peer(errno))
        errno = EAGAIN;
    peer->length = 0;
    return -1;
}

bool sock_peer(int fd, struct addr *out)
{
    memset(out, 0, sizeof *out);
    out->length = sizeof out->storage;
    if (getpeername(fd, &out->generic, &out->length) == 0)
        return true;
    out->length = 0;
    return false;
}

bool sock_local(int fd, struct addr *out)
{
    memset(out, 0, sizeof *out);
    out->length = sizeof out->storage;
    if (getsockname(fd, &out->generic, &out->length) == 0)
        return true;
    out->length = 0;
    return false;
}

bool sock_pair(int fds[2], struct error *why)
{
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0,
                   fds) == 0)
        return true;
    give_up(-1, why, "socketpair: ");
    return false;
}

bool sock_is_quiet(int fd)
{
    char byte;

    return recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 &&
           (errno == EAGAIN || errno == EWOULDBLOCK);
}

void sock_set_nodelay(int fd)
{
    set_on(fd, IPPROTO_TCP, TCP_NODELAY);
}

int sock_send_space(int fd)
{
    int total = 0, queued = 0;
    socklen_t size = sizeof total;

    if (getsockopt(fd, SOL_SOCKET, SO_SNDBUF, &total, &size) != 0)
        return 0;
    if (ioctl(fd, TIOCOUTQ, &queued) != 0)
        queued = 0;
    return total > queued ? total - queued : 0;
}

/* The colon between host and port, or NULL. An IPv6 address without brackets
 * has none. */
static char *find_port(char *text)
{
    struct addr unused;
    char *colon = strrchr(text, ':');

    if (colon != NULL && strchr(text, ':') != colon &&
        addr_parse(text, 0, &unused))
        return NULL;
    return colon;
}

bool sock_split_hostport(char *text, char **host, char **port,
                         const char *default_port, struct error *why)
{
    char *colon;

    *host = text;
    *port = NULL;
    if (*text == '[') {
        char *end = strchr(text, ']');

        if (end == NULL)
            return error_set(why, "missing \"]\"");
        if (end[1] != '\0' && end[1] != ':')
            return error_set(why, "garbage after \"]\"");
        colon = end[1] == ':' ? end + 1 : NULL;
        *end = '\0';
        *host = text + 1;
    } else {
        colon = find_port(text);
    }
    if (colon != NULL) {
        *colon = '\0';
        *port = colon + 1;
    }
    if (*port == NULL || **port == '\0')
        *port = (char *)(size_t)default_port;
    if (*port == NULL)
        return error_set(why, "missing service name or port number");
    return true;
}

bool sock_port(const char *name, const char *protocol, int *port)
{
    size_t digits = strspn(name, "0123456789");

    if (digits > 0 && name[digits] == '\0') {
        *port = digits <= 5 ? atoi(name) : 0;
        return *port > 0 && *port <= 65535;
    }
    const struct servent *service = getservbyname(name, protocol);
    if (service == NULL)
        return false;
    *port = ntohs((in_port_t)service->s_port);
    return true;
}
