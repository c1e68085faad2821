/* SPDX-License-Identifier: ISC
 *
 * flow_token.c - tests of service/flow_token.h.
 */
#include "service/flow_token.h"

#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>

#include "test.h"

static int ends[2];

static void open_pipe(void)
{
    CHECK_INT(pipe2(ends, O_NONBLOCK | O_CLOEXEC), 0);
}

TEST(a_token_is_for_one)
{
    open_pipe();
    CHECK_INT(write(ends[1], "xx", 2), 2);
    CHECK(flow_token_take(ends[0], DEADLINE_NEVER));
    CHECK(flow_token_take(ends[0], DEADLINE_NEVER));
    CHECK(!flow_token_take(ends[0], deadline_in_ms(1)));
}

static void *put_later(void *unused)
{
    clock_sleep_ms(50);
    CHECK_INT(write(ends[1], "x", 1), 1);
    return unused;
}

/* This test would never end if it waited for all of the time. */
TEST(who_waits_goes_on_with_the_first_token)
{
    pthread_t other;

    open_pipe();
    pthread_create(&other, NULL, put_later, NULL);
    CHECK(flow_token_take(ends[0], DEADLINE_NEVER));
    pthread_join(other, NULL);
}

TEST(without_a_queue_manager_nobody_waits)
{
    open_pipe();
    close(ends[1]);
    CHECK(!flow_token_take(ends[0], DEADLINE_NEVER));
    close(ends[0]);
    CHECK(!flow_token_take(ends[0], DEADLINE_NEVER));
}
