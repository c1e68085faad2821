/* SPDX-License-Identifier: ISC
 *
 * clock.c - two clocks: deadlines (monotonic) and the time of day.
 */
#include "base/clock.h"

#include <limits.h>

deadline_t clock_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (deadline_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

deadline_t deadline_in_s(int seconds)
{
    return deadline_in_ms((int64_t)seconds * 1000);
}

deadline_t deadline_in_ms(int64_t ms)
{
    deadline_t now = clock_now(), deadline;
    if (ms <= 0)
        return now;
    if (__builtin_add_overflow(now, ms, &deadline))
        return DEADLINE_NEVER;
    return deadline;
}

int deadline_left_ms(deadline_t deadline)
{
    if (deadline == DEADLINE_NEVER)
        return -1;
    deadline_t now = clock_now();
    if (deadline <= now)
        return 0;
    /* An offset cannot overflow: both are positive. */
    return deadline - now > INT_MAX ? INT_MAX : (int)(deadline - now);
}

struct timeval clock_wall(void)
{
    struct timeval now;
    gettimeofday(&now, NULL);
    return now;
}
