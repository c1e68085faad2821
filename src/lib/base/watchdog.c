/* SPDX-License-Identifier: ISC
 *
 * watchdog.c - an alarm that ends a process which is stuck.
 *
 * The alarm goes off once per period; if the process was fed meanwhile, it is
 * set again for the rest. So feeding costs no system call.
 */
#include "base/watchdog.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fatal.h"

enum { LAST_WORDS_S = 10 };

static atomic_llong last_fed;
static atomic_int limit_s;
static atomic_bool resting;

/* The process may have been stopped while it held a lock that logging needs.
 * Then the second alarm ends it without words. */
static void end_process(void)
{
    sigset_t alarm_only;
    signal(SIGALRM, SIG_DFL);
    sigemptyset(&alarm_only);
    sigaddset(&alarm_only, SIGALRM);
    sigprocmask(SIG_UNBLOCK, &alarm_only, NULL);
    alarm(LAST_WORDS_S);
    fatal("watchdog timeout");
}

static void alarm_rings(int signal_number)
{
    (void)signal_number;
    int saved_errno = errno, limit = atomic_load(&limit_s);
    if (limit == 0)
        return;
    if (atomic_load(&resting))
        atomic_store(&last_fed, clock_now());
    long long left_ms = atomic_load(&last_fed) + limit * 1000LL - clock_now();
    if (left_ms <= 0)
        end_process();
    alarm((unsigned)(left_ms / 1000 + 1));
    errno = saved_errno;
}

void watchdog_start(int seconds)
{
    alarm(0);
    atomic_store(&limit_s, seconds > 0 ? seconds : 0);
    if (seconds <= 0)
        return;

    struct sigaction action = { .sa_handler = alarm_rings,
                                .sa_flags = SA_RESTART };
    sigemptyset(&action.sa_mask);
    if (sigaction(SIGALRM, &action, NULL) < 0)
        fatal("sigaction(SIGALRM): %s", strerror(errno));
    watchdog_feed();
    alarm((unsigned)seconds);
}

void watchdog_rest(void)
{
    atomic_store_explicit(&resting, true, memory_order_relaxed);
}

void watchdog_feed(void)
{
    atomic_store_explicit(&resting, false, memory_order_relaxed);
    atomic_store_explicit(&last_fed, clock_now(), memory_order_relaxed);
}
