/* SPDX-License-Identifier: ISC
 *
 * clock.c - tests of base/clock.h and base/watchdog.h.
 */
#include "base/clock.h"

#include <limits.h>

#include "base/watchdog.h"
#include "test.h"

TEST(deadline_in_the_past_has_passed)
{
    CHECK_INT(deadline_left_ms(deadline_in_s(0)), 0);
    CHECK_INT(deadline_left_ms(deadline_in_s(INT_MIN)), 0);
    CHECK_INT(deadline_left_ms(deadline_in_ms(INT64_MIN)), 0);
    CHECK_INT(deadline_left_ms(0), 0);
}

TEST(deadline_in_the_future)
{
    int left_ms = deadline_left_ms(deadline_in_s(10));
    CHECK(left_ms > 5000 && left_ms <= 10000);
    CHECK_INT(deadline_left_ms(DEADLINE_NEVER), -1);
    CHECK(deadline_in_ms(INT64_MAX) == DEADLINE_NEVER);
    CHECK_INT(deadline_left_ms(DEADLINE_NEVER - 1), INT_MAX);
    CHECK_INT(deadline_left_ms(deadline_in_s(INT_MAX)), INT_MAX);
}

TEST(clock_sleeps)
{
    deadline_t before = clock_now();
    clock_sleep_ms(30);
    clock_sleep_ms(0);
    clock_sleep_ms(-5);
    CHECK(clock_now() - before >= 29);
    CHECK(clock_wall().tv_sec > 1600000000);
}

TEST(watchdog_ends_a_stuck_process)
{
    CHECK_EXIT((watchdog_start(1), clock_sleep_ms(3000)), 1);
}

static void work_and_feed(void)
{
    watchdog_start(4);
    for (int i = 0; i < 45; i++) {
        clock_sleep_ms(100);
        watchdog_feed();
    }
    watchdog_start(0);
    clock_sleep_ms(4100);
}

TEST(watchdog_is_content_when_fed)
{
    work_and_feed();
}
