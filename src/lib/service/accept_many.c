/* SPDX-License-Identifier: ISC
 *
 * accept_many.c - a process that serves each client in a fiber of its own.
 *
 * When it has to end it takes no more clients, and stays for those it has.
 * Master hears of the seats that these still hold. When there is no descriptor
 * or memory for one more client, it goes on with those it has, and looks again
 * after a moment.
 */
#include <stdint.h>

#include "base/array.h"
#include "base/fiber.h"
#include "base/loop.h"
#include "base/watchdog.h"
#include "config/params.h"
#include "ipc/dispatch.h"
#include "service/child_status.h"
#include "service_private.h"

#define FEED_INTERVAL_MS 5000
#define ACCEPTS_A_TURN   16 /* before other events get theirs */

static struct process *process;
static struct {
    ARRAY_OF(struct loop_watch *);
} watches;
static struct loop_timer *idle_timer, *feed_timer, *shortage_timer;
static long clients;
static bool is_accepting;

static void report(void)
{
    long room = is_accepting ? process->seats - clients : 0;

    if (!child_status_send(SERVICE_STATUS_FD, (int)clients, (int)room))
        process->is_retiring = true;
}

static void watch_clients(bool on)
{
    for (size_t i = 0; i < watches.count; i++)
        loop_watch_enable(watches.items[i], on);
}

static void accept_clients(bool on)
{
    if (on == is_accepting)
        return;
    watch_clients(on);
    is_accepting = on;
    report();
}

static void restart_idle_time(void)
{
    bool for_ever = process->service->flags & SERVICE_NEVER_IDLE;
    bool is_idle = clients == 0 && !for_ever;

    loop_timer_set(idle_timer, is_idle ? deadline_in_s(common_params.max_idle)
                                       : DEADLINE_NEVER);
}

static void idle_for_long(void *argument)
{
    (void)argument;
    if (clients == 0)
        loop_stop();
}

/* Take no more clients if the process has to end; end after the last. When it
 * has old tables, clients that keep a connection have to make a new one. */
static void check_end(void)
{
    if (service_is_over(process))
        accept_clients(false);
    if (process->has_old_tables)
        dispatch_end_idle();
    if (clients == 0 && process->is_retiring)
        loop_stop();
}

static void client_came(void)
{
    clients++;
    if (process->uses_left > 0)
        process->uses_left--;
    restart_idle_time();
    if (clients >= process->seats)
        accept_clients(false);
    check_end();
}

/* A client that keeps its connection asks and asks: at most once a second. */
void accept_many_look_around(void)
{
    static time_t asked;
    time_t now = time(NULL);

    if (now == asked || process->has_old_tables)
        return;
    asked = now;
    check_end();
}

static void client_went(void)
{
    bool was_full = clients >= process->seats;

    clients--;
    restart_idle_time();
    if (!is_accepting && service_is_over(process))
        report();
    else if (was_full)
        accept_clients(true);
    check_end();
}

static void serve_client(void *argument)
{
    int fd = (int)(intptr_t)argument;

    if (process->service->kind == SERVICE_TRIGGER)
        connection_take_trigger(process, fd, true);
    else
        connection_serve(process, fd);
    client_went();
}

static void serve_fifo(void *argument)
{
    connection_take_fifo(process, (int)(intptr_t)argument);
    client_went();
}

/* The clients that we have must not wait meanwhile. */
static void pause_for_shortage(enum accept_result shortage)
{
    if (shortage == ACCEPT_NO_DESCRIPTOR)
        accept_clients(false); /* another process may have some left */
    else
        watch_clients(false);
    kept_trigger_close_all();
    loop_timer_set(shortage_timer, deadline_in_ms(SERVICE_SHORTAGE_MS));
}

static void try_again(void *argument)
{
    (void)argument;
    if (is_accepting)
        watch_clients(true);
    else if (!service_is_over(process) && clients < process->seats)
        accept_clients(true);
}

static void accept_some(int listener)
{
    for (int i = 0; i < ACCEPTS_A_TURN && is_accepting; i++) {
        int fd;
        enum accept_result result = connection_accept(listener, &fd);

        if (result == ACCEPT_NOBODY)
            return;
        if (result != ACCEPT_DONE) {
            pause_for_shortage(result);
            return;
        }
        client_came();
        fiber_start(serve_client, (void *)(intptr_t)fd);
    }
}

static void listener_ready(int listener, void *argument)
{
    (void)argument;
    watchdog_feed();
    check_end();
    if (!is_accepting)
        return;
    if (process->service->kind == SERVICE_DATAGRAM) {
        connection_take_datagrams(process, listener);
        restart_idle_time();
    } else if (process->type == MASTER_FIFO) {
        client_came();
        fiber_start(serve_fifo, (void *)(intptr_t)listener);
    } else {
        accept_some(listener);
    }
}

/* Its time is up. Connections that are kept for later can be made anew. */
static void retire(void *argument)
{
    (void)argument;
    process->is_retiring = true;
    dispatch_end_idle();
    check_end();
}

/* The pipe can be "read" only when master has closed its end. Clients that
 * keep a connection must not keep us: a service that runs once at a time has
 * no successor before we end. */
static void master_gone(int fd, void *watch)
{
    (void)fd;
    loop_watch_enable(*(struct loop_watch **)watch, false);
    process->is_retiring = true;
    dispatch_end_idle();
    check_end();
}

static void feed(void *argument)
{
    (void)argument;
    watchdog_feed();
    loop_timer_set(feed_timer, deadline_in_ms(FEED_INTERVAL_MS));
}

static void run_background(void *argument)
{
    (void)argument;
    process->service->background();
}

void accept_many(struct process *p)
{
    static struct loop_watch *master;

    process = p;
    idle_timer = loop_timer_new(idle_for_long, NULL);
    feed_timer = loop_timer_new(feed, NULL);
    shortage_timer = loop_timer_new(try_again, NULL);
    feed(NULL);
    dispatch_set_between(accept_many_look_around);
    struct loop_timer *retire_timer = loop_timer_new(retire, NULL);
    loop_timer_set(retire_timer, p->retire_at);
    for (int i = 0; i < p->listeners; i++) {
        struct loop_watch *watch =
            loop_watch_new(SERVICE_LISTEN_FD + i, false, listener_ready, NULL);
        ARRAY_ADD(&watches, watch);
    }
    master = loop_watch_new(SERVICE_STATUS_FD, false, master_gone, &master);
    loop_watch_enable(master, true);
    accept_clients(true);
    restart_idle_time();
    if (p->service->background != NULL)
        fiber_start(run_background, NULL);
    loop_run();
    loop_timer_free(retire_timer);
}
