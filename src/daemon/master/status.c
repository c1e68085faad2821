/* SPDX-License-Identifier: ISC
 *
 * status.c - what children report, and what follows from it.
 *
 * Each service has a pipe of its own, so that a child can tell lies about its
 * own service only. When master closes the reading end, the children know
 * that they are of an old generation, or that master has gone.
 */
#include <errno.h>
#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#include "base/fatal.h"
#include "base/log.h"
#include "config/params.h"
#include "master.h"
#include "service/child_status.h"

enum { REPORTS_MAX = 64 }; /* taken at a time */
/* What is a row of reports, and how long to look away then. */
enum { ROW_MS = 3, ROW_LENGTH = 4, NAP_MS = 5, SPARE = 2 };

/* As long as there may be others, the reserve does not count: it is to help,
 * not to have all the work alone. */
void status_update(struct served *service)
{
    bool at_limit = service->limit > 0 && service->seats >= service->limit;
    bool is_busy =
        service->available - (at_limit ? 0 : service->available_reserve) == 0;

    bool listen = is_busy && !at_limit && !service->is_throttled &&
                  !stop_is_under_way();
    if (listen != service->is_listening)
        listen_watch(service, listen);
    service->is_listening = listen;
    if (is_busy && at_limit)
        stress_note(service);
}

/* The kernel wakes one idle child for a client. If that child ends without
 * taking the client (its tables have changed), the others sleep on: a new
 * child, which looks before it sleeps, helps. */
void status_child_left(struct served *service)
{
    status_update(service);
    bool at_limit = service->limit > 0 && service->seats >= service->limit;
    if (service->available > 0 && !at_limit && !service->is_throttled &&
        !stop_is_under_way() && listen_has_waiting(service))
        spawn_child(service);
}

/* Children of an old generation have seats, but never room. */
void status_set(struct child *child, bool has_room, long seats)
{
    struct served *service = child->service;

    if (child->generation != service->generation)
        has_room = false;
    int change = (has_room ? 1 : 0) - (child->has_room ? 1 : 0);
    service->available += change;
    if (child->is_reserve)
        service->available_reserve += change;
    service->seats += seats - child->seats;
    child->has_room = has_room;
    child->seats = seats;
}

/* A process that serves many clients as a rule, whatever the limit says,
 * counts for no more than its share. */
static long seats_of(const struct served *service,
                     const struct child_status *status)
{
    long seats = (long)status->clients + status->room;

    if (seats > service->clients_a_process)
        return service->clients_a_process;
    return seats > 0 ? seats : 1;
}

static void take_status(struct served *service,
                        const struct child_status *status)
{
    struct child *child = child_find(status->pid);

    if (child == NULL || child->service != service)
        return;
    if (status->clients < 0 || status->room < 0)
        return log_warning("process %s pid %ld sent a bad status",
                           child->program, (long)child->pid);
    if (child->generation != status->generation)
        return;
    child->has_reported = true;
    status_set(child, status->room > 0, seats_of(service, status));
}

/* A client that comes and goes is two reports, and being woken up for each
 * costs more than reading it. While children have room for more clients nothing
 * follows from them, so they collect; a signal ends that at once. */
static void let_reports_collect(const struct served *service)
{
    static deadline_t last;
    static int row;

    row = clock_now() - last <= ROW_MS ? row + 1 : 0;
    if (row >= ROW_LENGTH &&
        service->available - service->available_reserve >= SPARE)
        nanosleep(&(struct timespec){ .tv_nsec = NAP_MS * 1000000L }, NULL);
    last = clock_now();
}

static void read_status(int fd, void *argument)
{
    struct served *service = argument;
    struct child_status reports[REPORTS_MAX];

    /* Reports do not come in parts, and what comes meanwhile wakes us again. */
    ssize_t got = read(fd, reports, sizeof reports);
    for (ssize_t i = 0; i < got / (ssize_t)sizeof *reports; i++)
        take_status(service, &reports[i]);
    status_update(service);
    let_reports_collect(service);
}

void status_open(struct served *service)
{
    int ends[2];

    if (pipe2(ends, O_CLOEXEC) != 0)
        fatal("pipe: %m");
    if (fcntl(ends[0], F_SETFL, O_NONBLOCK) != 0)
        fatal("fcntl: %m");
    service->status_read = ends[0];
    service->status_write = ends[1];
    service->status_watch = loop_watch_new(ends[0], false, read_status,
                                           service);
    loop_watch_enable(service->status_watch, true);
}

void status_close(struct served *service)
{
    loop_watch_free(service->status_watch);
    service->status_watch = NULL;
    if (service->status_read >= 0) {
        close(service->status_read);
        close(service->status_write);
    }
    service->status_read = service->status_write = -1;
}

static void throttle_over(void *argument)
{
    status_throttle_end(argument);
}

void status_throttle(struct served *service, int seconds)
{
    if (service->throttle_timer == NULL)
        service->throttle_timer = loop_timer_new(throttle_over, service);
    loop_timer_set(service->throttle_timer, deadline_in_s(seconds));
    service->is_throttled = true;
    status_update(service);
}

void status_throttle_end(struct served *service)
{
    if (service->throttle_timer != NULL)
        loop_timer_set(service->throttle_timer, DEADLINE_NEVER);
    service->is_throttled = false;
    status_update(service);
    wakeup_soon(service);
}
