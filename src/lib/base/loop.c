/* SPDX-License-Identifier: ISC
 *
 * loop.c - readiness, timers and signals over libevent.
 *
 * libevent counts time from its own, sometimes coarse clock. So a timer may
 * fire a little early: it is then set again for the rest.
 */
#include "base/loop.h"

#include <event2/event.h>
#include <event2/event_struct.h>
#include <signal.h>
#include <stdlib.h>

#include "base/fatal.h"
#include "base/str.h"
#include "loop_private.h"

struct loop_watch {
    struct event event;
    void (*ready)(int fd, void *);
    void *argument;
};

struct loop_timer {
    struct event event;
    void (*expired)(void *);
    void *argument;
    deadline_t at;
};

struct signal_watch {
    struct event event;
    void (*arrived)(int number, void *);
    void *argument;
};

static struct event_base *base; /* made on first use */
static bool stopped;
static struct signal_watch signals[NSIG];

/* libevent would write to stderr; what matters is told by return values. */
static void ignore_message(int severity, const char *text)
{
    (void)severity;
    (void)text;
}

struct event_base *loop_base(void)
{
    if (base != NULL)
        return base;

    event_set_log_callback(ignore_message);
    struct event_config *config = event_config_new();
    if (config == NULL)
        fatal("event loop: out of memory");
    /* Callbacks may run for long, so the time must not be remembered. */
    event_config_set_flag(config, EVENT_BASE_FLAG_NO_CACHE_TIME);
    event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK);
    base = event_base_new_with_config(config);
    event_config_free(config);
    if (base == NULL)
        fatal("event loop: cannot start");
    return base;
}

struct timeval *loop_interval(deadline_t at, struct timeval *interval)
{
    if (at == DEADLINE_NEVER)
        return NULL;

    deadline_t left_ms = at - clock_now();
    if (left_ms < 0)
        left_ms = 0;
    interval->tv_sec = (time_t)(left_ms / 1000);
    interval->tv_usec = (suseconds_t)(left_ms % 1000 * 1000);
    return interval;
}

static void watch_ready(evutil_socket_t fd, short what, void *argument)
{
    struct loop_watch *watch = argument;

    (void)what;
    watch->ready(fd, watch->argument);
}

struct loop_watch *loop_watch_new(int fd, bool for_writing,
                                  void (*ready)(int fd, void *), void *argument)
{
    struct loop_watch *watch = mem_zalloc(sizeof *watch);
    short what = for_writing ? EV_WRITE : EV_READ;

    watch->ready = ready;
    watch->argument = argument;
    event_assign(&watch->event, loop_base(), fd, (short)(what | EV_PERSIST),
                 watch_ready, watch);
    return watch;
}

void loop_watch_enable(struct loop_watch *watch, bool on)
{
    if (on && event_add(&watch->event, NULL) != 0)
        fatal("event loop: cannot watch descriptor %d",
              (int)event_get_fd(&watch->event));
    if (!on)
        event_del(&watch->event);
}

void loop_watch_free(struct loop_watch *watch)
{
    if (watch == NULL)
        return;
    event_del(&watch->event);
    free(watch);
}

static void timer_expired(evutil_socket_t fd, short what, void *argument)
{
    struct loop_timer *timer = argument;

    (void)fd;
    (void)what;
    if (clock_now() < timer->at)
        loop_timer_set(timer, timer->at);
    else
        timer->expired(timer->argument);
}

struct loop_timer *loop_timer_new(void (*expired)(void *), void *argument)
{
    struct loop_timer *timer = mem_zalloc(sizeof *timer);

    timer->expired = expired;
    timer->argument = argument;
    event_assign(&timer->event, loop_base(), -1, 0, timer_expired, timer);
    return timer;
}

void loop_timer_set(struct loop_timer *timer, deadline_t at)
{
    struct timeval interval;

    timer->at = at;
    if (loop_interval(at, &interval) == NULL)
        event_del(&timer->event);
    else
        event_add(&timer->event, &interval);
}

void loop_timer_free(struct loop_timer *timer)
{
    if (timer == NULL)
        return;
    event_del(&timer->event);
    free(timer);
}

static void signal_arrived(evutil_socket_t number, short what, void *argument)
{
    struct signal_watch *watch = argument;

    (void)what;
    watch->arrived(number, watch->argument);
}

void loop_signal(int number, void (*arrived)(int number, void *),
                 void *argument)
{
    struct signal_watch *watch = &signals[number];

    if (watch->arrived != NULL)
        event_del(&watch->event);
    watch->arrived = arrived;
    watch->argument = argument;
    event_assign(&watch->event, loop_base(), number, EV_SIGNAL | EV_PERSIST,
                 signal_arrived, watch);
    if (event_add(&watch->event, NULL) != 0)
        fatal("event loop: cannot watch signal %d", number);
}

void loop_run(void)
{
    while (!stopped)
        if (event_base_loop(loop_base(), EVLOOP_NO_EXIT_ON_EMPTY) < 0)
            fatal("event loop: %s", "cannot wait for events");
    stopped = false;
}

static void interrupt_wait(evutil_socket_t fd, short what, void *argument)
{
    (void)fd;
    (void)what;
    (void)argument;
}

void loop_run_once(deadline_t until)
{
    struct timeval interval;
    struct event limit;

    event_assign(&limit, loop_base(), -1, 0, interrupt_wait, NULL);
    if (loop_interval(until, &interval) != NULL)
        event_add(&limit, &interval);
    if (event_base_loop(base, EVLOOP_ONCE | EVLOOP_NO_EXIT_ON_EMPTY) < 0)
        fatal("event loop: %s", "cannot wait for events");
    event_del(&limit);
}

void loop_stop(void)
{
    stopped = true;
    event_base_loopbreak(loop_base());
}
