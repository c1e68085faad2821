/* SPDX-License-Identifier: ISC
 *
 * clock_sleep.c - sleeping, apart from clock.c so that a program which never
 * sleeps does not link the fibers.
 */
#include <errno.h>

#include "base/clock.h"
#include "base/fiber.h"

void clock_sleep_ms(int64_t ms)
{
    if (ms <= 0)
        return;
    if (fiber_self() != NULL) {
        fiber_sleep_until(deadline_in_ms(ms));
        return;
    }
    struct timespec left = { .tv_sec = (time_t)(ms / 1000),
                             .tv_nsec = (long)(ms % 1000) * 1000000 };
    while (nanosleep(&left, &left) < 0 && errno == EINTR)
        continue;
}
