/* SPDX-License-Identifier: ISC
 *
 * random.c - a choice by chance.
 */
#include "base/random.h"

#include <sys/random.h>

#include "base/clock.h"

uint64_t random_below(uint64_t limit)
{
    uint64_t value = 0;

    /* Before the kernel has any, the time will do. */
    if (getrandom(&value, sizeof value, GRND_NONBLOCK) != sizeof value)
        value = (uint64_t)clock_now();
    return value % limit;
}
