/* SPDX-License-Identifier: ISC
 *
 * fiber_watch.c - a fiber waits for input of the same descriptor again and
 * again.
 *
 * To add a descriptor to epoll and to take it out again are two system calls,
 * as many as the reading takes. So it stays in between. When there is input and
 * nobody waits, it is taken out after all: else it would be reported for ever.
 */
#include <errno.h>
#include <event2/event.h>
#include <event2/event_struct.h>
#include <stdlib.h>

#include "base/str.h"
#include "fiber_private.h"
#include "loop_private.h"

struct watch {
    struct io_watch base; /* first */
    struct event event;
    struct fiber *fiber; /* NULL: nobody waits */
    short got;           /* libevent's bits */
};

static void watch_forget(struct io_watch *base)
{
    struct watch *watch = (struct watch *)base;

    event_del(&watch->event);
    free(watch);
}

static void watch_ready(evutil_socket_t fd, short what, void *argument)
{
    struct watch *watch = argument;
    struct fiber *fiber = watch->fiber;

    (void)fd;
    if (fiber == NULL) {
        event_del(&watch->event);
        return;
    }
    watch->fiber = NULL;
    watch->got = what;
    fiber_resume(fiber); /* <watch> may be gone when this returns */
}

static struct watch *watch_new(int fd)
{
    struct watch *watch = mem_zalloc(sizeof *watch);

    watch->base.forget = watch_forget;
    event_assign(&watch->event, loop_base(), fd, EV_READ | EV_PERSIST,
                 watch_ready, watch);
    return watch;
}

bool fiber_wait_for_input(int fd, deadline_t until, struct io_watch **kept)
{
    struct watch *watch = (struct watch *)*kept;
    struct timeval interval;

    if (watch == NULL) {
        watch = watch_new(fd);
        *kept = &watch->base;
    }
    if (watch->fiber != NULL) /* another one waits with it */
        return io_wait(fd, IO_READ, until);
    do {
        watch->fiber = fiber_self();
        if (event_add(&watch->event, loop_interval(until, &interval)) != 0) {
            watch->fiber = NULL;
            return true; /* such as a file, which never makes one wait */
        }
        fiber_suspend();
    } while (watch->got == EV_TIMEOUT && clock_now() < until);
    event_remove_timer(&watch->event);
    /* Both may have come while others ran; then the descriptor counts. */
    if (watch->got != EV_TIMEOUT || io_poll(fd, IO_READ, 0) != 0)
        return true;
    errno = ETIMEDOUT;
    return false;
}
