/* SPDX-License-Identifier: ISC
 *
 * io.c - the one place where the suite waits.
 */
#include "base/io.h"

#include <errno.h>
#include <poll.h>

#include "io_backend.h"

static const struct io_backend *backend; /* borrowed; NULL: block */

const struct io_backend *io_backend(void)
{
    return backend;
}

void io_set_backend(const struct io_backend *new_backend)
{
    backend = new_backend;
}

int io_poll(int fd, enum io_event what, int timeout_ms)
{
    struct pollfd poll_fd = {
        .fd = fd,
        .events = (short)((what & IO_READ ? POLLIN : 0) |
                          (what & IO_WRITE ? POLLOUT : 0)),
    };
    int count = poll(&poll_fd, 1, timeout_ms);

    if (count == 0 || (count < 0 && errno == EINTR))
        return 0;
    if (count < 0)
        return (int)what; /* the read or write will tell what is wrong */
    /* An error or hangup is news for whoever waits, either way. */
    if (poll_fd.revents & (POLLERR | POLLHUP | POLLNVAL))
        return (int)what;
    return (poll_fd.revents & POLLIN ? IO_READ : 0) |
           (poll_fd.revents & POLLOUT ? IO_WRITE : 0);
}

int io_wait_events(int fd, enum io_event what, deadline_t until)
{
    if (backend != NULL)
        return backend->wait_events(fd, what, until);
    for (;;) {
        int left_ms = deadline_left_ms(until);
        int ready = io_poll(fd, what, left_ms);

        if (ready > 0)
            return ready;
        if (left_ms == 0) {
            errno = ETIMEDOUT;
            return 0;
        }
    }
}

bool io_wait(int fd, enum io_event what, deadline_t until)
{
    return io_wait_events(fd, what, until) != 0;
}

void offload(void (*function)(void *), void *argument)
{
    if (backend != NULL)
        backend->offload(function, argument);
    else
        function(argument);
}
