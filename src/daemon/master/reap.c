/* SPDX-License-Identifier: ISC
 *
 * reap.c - children that have ended, ours and (as process 1) those of others.
 */
#include <sys/wait.h>

#include "base/log.h"
#include "config/params.h"
#include "master.h"

enum { QUICK_MS = 1000, QUICK_PAUSE_S = 1 };

static void report(const struct child *child, int status)
{
    if (stop_is_under_way())
        return;
    if (WIFEXITED(status) && WEXITSTATUS(status) != 0)
        log_warning("process %s pid %ld exit status %d", child->program,
                    (long)child->pid, WEXITSTATUS(status));
    /* Services that went from master.cf are killed by us. */
    if (WIFSIGNALED(status) &&
        (child->service != NULL || WTERMSIG(status) != SIGTERM))
        log_warning("process %s pid %ld killed by signal %d", child->program,
                    (long)child->pid, WTERMSIG(status));
}

static bool has_failed(int status)
{
    return !WIFEXITED(status) || WEXITSTATUS(status) != 0;
}

/* A program that fails before it has done anything would fail again. One
 * that ends at once, content but idle, would be started in a tight loop. */
static void slow_down(const struct child *child, int status)
{
    struct served *service = child->service;

    if (service == NULL || child->has_reported || stop_is_under_way() ||
        child->generation != service->generation)
        return;
    if (has_failed(status)) {
        log_warning("%s: bad command startup -- throttling", child->program);
        status_throttle(service, master_params.service_throttle_time);
    } else if (clock_now() - child->started < QUICK_MS) {
        status_throttle(service, QUICK_PAUSE_S);
    }
}

static void take_leave(struct child *child, int status)
{
    struct served *service = child->service;

    report(child, status);
    slow_down(child, status);
    child_free(child);
    if (service != NULL) {
        if (has_failed(status))
            wakeup_soon(service);
        status_child_left(service);
    }
    stop_child_ended();
}

void reap_children(void)
{
    pid_t pid;
    int status;

    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        struct child *child = child_find(pid);
        if (child != NULL)
            take_leave(child, status);
    }
}
