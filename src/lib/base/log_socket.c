/* SPDX-License-Identifier: ISC
 *
 * log_socket.c - the way of a log line to the process that keeps it.
 *
 * Mail must go on while that process does not: the C library's syslog() waits
 * for ever when nobody reads, so it is not used.
 */
#include "log_socket.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"

enum { PATIENCE_MS = 2000, STUCK_MS = 100 };

static bool connect_as(struct log_socket *s, int type)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };

    int fd = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return false;
    memcpy(address.sun_path, s->path, strlen(s->path) + 1);
    if (connect(fd, (struct sockaddr *)&address, sizeof address) < 0) {
        int error = errno;
        close(fd);
        errno = error;
        return false;
    }
    s->fd = fd;
    s->is_stream = type == SOCK_STREAM;
    return true;
}

bool log_socket_connect(struct log_socket *s)
{
    if (s->fd >= 0)
        return true;
    if (s->path[0] == '\0')
        return false;
    return connect_as(s, SOCK_DGRAM) ||
           (s->may_stream && errno == EPROTOTYPE &&
            connect_as(s, SOCK_STREAM));
}

void log_socket_close(struct log_socket *s)
{
    if (s->fd >= 0)
        close(s->fd);
    s->fd = -1;
}

/* Half a line in a stream would spoil the next one. */
static bool send_line(struct log_socket *s, const char *line, size_t length)
{
    size_t wanted = length + (s->is_stream ? 1 : 0);
    ssize_t sent = send(s->fd, line, wanted, MSG_NOSIGNAL);

    if (sent < 0 || (size_t)sent == wanted)
        return sent >= 0;
    errno = EPIPE;
    return false;
}

/* A full socket is given two seconds, in the hope that the reader catches up:
 * on a machine with a load of 60, one of 40 writers has waited for one. If it
 * did not, the lines after that have less. One whose reader is gone is
 * opened anew once: it may have been restarted. This does not let other fibers
 * run: a log call must not be a MAY_WAIT. */
bool log_socket_send(struct log_socket *s, const char *line, size_t length)
{
    deadline_t until = deadline_in_ms(s->is_stuck ? STUCK_MS : PATIENCE_MS);
    bool reopened = false;

    while (log_socket_connect(s)) {
        if (send_line(s, line, length)) {
            s->is_stuck = false;
            return true;
        }
        if (errno == EINTR)
            continue;
        if (errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS) {
            int left = deadline_left_ms(until);
            struct pollfd full = { .fd = s->fd, .events = POLLOUT };
            s->is_stuck = left == 0;
            if (left == 0)
                return false;
            poll(&full, 1, errno == ENOBUFS || left > 100 ? 100 : left);
            continue;
        }
        log_socket_close(s);
        if (reopened)
            return false;
        reopened = true;
    }
    return false;
}
