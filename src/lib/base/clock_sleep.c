/* SPDX-License-Identifier: ISC
 *
 * clock_sleep.c - sleeping, apart from clock.c because it needs the waiting
 * of io.c.
 */
#include <errno.h>

#include "base/clock.h"
#include "io_backend.h"

void clock_sleep_ms(int64_t ms)
{
    if (ms <= 0)
        return;
    if (io_backend() != NULL) {
        io_backend()->sleep_until(deadline_in_ms(ms));
        return;
    }
    struct timespec left = { .tv_sec = (time_t)(ms / 1000),
                             .tv_nsec = (long)(ms % 1000) * 1000000 };
    while (nanosleep(&left, &left) < 0 && errno == EINTR)
        continue;
}
