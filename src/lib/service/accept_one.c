/* SPDX-License-Identifier: ISC
 *
 * accept_one.c - a process that serves one client after the other.
 *
 * Many such processes wait for the same listener. EPOLLEXCLUSIVE makes the
 * kernel wake one of them, and the one that waited last: those that are not
 * needed can reach their idle limit. No lock is needed for that.
 */
#include <errno.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/fatal.h"
#include "base/watchdog.h"
#include "config/params.h"
#include "service/child_status.h"
#include "service_private.h"

/* A descriptor that is ready when a client or news from master wait. */
static int open_waiter(const struct process *p)
{
    int waiter = epoll_create1(EPOLL_CLOEXEC);

    if (waiter < 0)
        fatal("epoll_create: %m");
    for (int i = 0; i < p->listeners; i++) {
        struct epoll_event event = { .events = EPOLLIN | EPOLLEXCLUSIVE,
                                     .data.fd = SERVICE_LISTEN_FD + i };
        if (epoll_ctl(waiter, EPOLL_CTL_ADD, event.data.fd, &event) != 0)
            fatal("watch listener: %m");
    }
    /* An error is reported unasked: nobody reads the status any more. */
    struct epoll_event event = { .data.fd = SERVICE_STATUS_FD };
    if (epoll_ctl(waiter, EPOLL_CTL_ADD, SERVICE_STATUS_FD, &event) != 0)
        fatal("watch status pipe: %m");
    return waiter;
}

/* The listener that is ready, or -1: the process has to end. */
static int wait_for_client(const struct process *p, int waiter)
{
    bool for_ever = p->service->flags & SERVICE_NEVER_IDLE;
    deadline_t until =
        for_ever ? DEADLINE_NEVER : deadline_in_s(common_params.max_idle);
    if (until > p->retire_at)
        until = p->retire_at;
    struct epoll_event event;

    for (;;) {
        int timeout_ms = deadline_left_ms(until);
        int count = epoll_wait(waiter, &event, 1, timeout_ms);

        if (count > 0)
            return event.data.fd == SERVICE_STATUS_FD ? -1 : event.data.fd;
        if (count < 0 && errno != EINTR)
            fatal("epoll_wait: %m");
        if (count == 0 && timeout_ms == 0)
            return -1;
    }
}

static void serve_connection(struct process *p, int listener)
{
    int fd;
    enum accept_result result = connection_accept(listener, &fd);

    if (result == ACCEPT_NOBODY)
        return;
    if (result != ACCEPT_DONE) {
        /* Master takes this process for one that can serve. A new one has more
         * room, or is not started. */
        clock_sleep_ms(SERVICE_SHORTAGE_MS);
        p->is_retiring = true;
        return;
    }
    child_status_send(SERVICE_STATUS_FD, 1, 0);
    if (p->service->kind == SERVICE_TRIGGER)
        connection_take_trigger(p, fd, false);
    else
        connection_serve(p, fd);
    if (p->uses_left > 0)
        p->uses_left--;
    if (!service_is_over(p) && !child_status_send(SERVICE_STATUS_FD, 0, 1))
        p->is_retiring = true;
}

static void serve_listener(struct process *p, int listener)
{
    if (p->service->kind == SERVICE_DATAGRAM)
        connection_take_datagrams(p, listener);
    else if (p->type == MASTER_FIFO)
        connection_take_fifo(p, listener);
    else
        serve_connection(p, listener);
}

void accept_one_at_a_time(struct process *p)
{
    int waiter = open_waiter(p);

    child_status_send(SERVICE_STATUS_FD, 0, 1);
    while (!p->is_retiring) {
        int listener = wait_for_client(p, waiter);
        watchdog_feed();
        /* Asked again: it may have waited for long. */
        if (listener < 0 || service_is_over(p))
            break;
        serve_listener(p, listener);
    }
    close(waiter);
}
