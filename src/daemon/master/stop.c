/* SPDX-License-Identifier: ISC
 *
 * stop.c - the end of the mail system, sudden or orderly.
 *
 * Nothing new is started from here on. Who is idle ends at once, who is busy
 * may finish what it is at for some seconds, so that a delivery is not cut in
 * two; then it is told to end, and then killed: afterwards nothing is left
 * that holds a port or a lock. postlogd ends last: the others still have
 * something to say.
 */
#include <signal.h>
#include <stdlib.h>

#include "base/log.h"
#include "master.h"

enum { ORDERLY_MS = 3000, GRACE_MS = 2000, LOGGER_GRACE_MS = 1000 };

enum stage { RUNNING, WAITING, ENDING_OTHERS, ENDING_LOGGER };
static enum stage stage;
static struct loop_timer *timer;

bool stop_is_under_way(void)
{
    return stage != RUNNING;
}

static bool is_logger(const struct child *child)
{
    return child->service != NULL &&
           child->service->type == MASTER_UNIX_DGRAM;
}

static size_t others_left(void)
{
    struct child *child;
    size_t position = 0, count = 0;

    while ((child = child_next(&position)) != NULL)
        count += is_logger(child) ? 0 : 1;
    return count;
}

static void signal_children(bool loggers, int number)
{
    struct child *child;
    size_t position = 0;

    while ((child = child_next(&position)) != NULL)
        if (is_logger(child) == loggers)
            kill(child->pid, number);
}

/* A service without its status pipe ends when it is done. */
static void release(bool loggers)
{
    LIST_EACH(node, services())
        if ((SERVED(node)->type == MASTER_UNIX_DGRAM) == loggers)
            status_close(SERVED(node));
}

static void finish(void)
{
    exit(0);
}

static void end_logger(void)
{
    if (child_count() == 0)
        finish();
    stage = ENDING_LOGGER;
    release(true);
    loop_timer_set(timer, deadline_in_ms(LOGGER_GRACE_MS));
}

static void end_others(void)
{
    if (others_left() == 0) {
        end_logger();
        return;
    }
    stage = ENDING_OTHERS;
    signal_children(false, SIGTERM);
    loop_timer_set(timer, deadline_in_ms(GRACE_MS));
}

static void patience_is_over(void *argument)
{
    (void)argument;
    switch (stage) {
    case WAITING: end_others(); break;
    case ENDING_OTHERS:
        signal_children(false, SIGKILL);
        end_logger();
        break;
    case ENDING_LOGGER:
        signal_children(true, SIGKILL);
        finish();
        break;
    case RUNNING: break;
    }
}

static void begin(int signal_number)
{
    log_info("terminating on signal %d", signal_number);
    stage = WAITING;
    timer = loop_timer_new(patience_is_over, NULL);
    LIST_EACH(node, services()) {
        wakeup_stop(SERVED(node));
        status_update(SERVED(node));
    }
}

void stop_now(int signal_number)
{
    if (stage == ENDING_OTHERS || stage == ENDING_LOGGER)
        return;
    if (stage == RUNNING)
        begin(signal_number);
    end_others();
}

/* The children know from their status pipes that they are to end. */
void stop_orderly(int signal_number)
{
    if (stage != RUNNING)
        return;
    begin(signal_number);
    release(false);
    loop_timer_set(timer, deadline_in_ms(ORDERLY_MS));
    stop_child_ended();
}

void stop_child_ended(void)
{
    if (stage == RUNNING || others_left() > 0)
        return;
    if (stage == ENDING_LOGGER && child_count() == 0)
        finish();
    if (stage != ENDING_LOGGER)
        end_logger();
}
