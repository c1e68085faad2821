/* SPDX-License-Identifier: ISC
 *
 * fiber.c - tests of base/fiber.h, base/io.h and base/loop.h.
 */
#include "base/fiber.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/io.h"
#include "base/loop.h"
#include "base/sock.h"
#include "base/str.h"
#include "base/stream.h"
#include "test.h"

static struct str trace = STR_EMPTY;

static void note(const char *text)
{
    str_add(&trace, text);
}

static void stop_when_alone(void)
{
    if (fiber_count() == 1)
        loop_stop();
}

static void yield_twice(void *name)
{
    for (int i = 0; i < 3; i++) {
        note(name);
        if (i < 2)
            fiber_yield();
    }
    stop_when_alone();
}

TEST(fibers_take_turns)
{
    CHECK(fiber_self() == NULL);
    fiber_start(yield_twice, (void *)"a");
    fiber_start(yield_twice, (void *)"b");
    CHECK_STR(trace.data, "ab"); /* each ran until it first waited */
    loop_run();
    CHECK_STR(trace.data, "ababab");
    CHECK_INT(fiber_count(), 0);
}

static void sleeper(void *ms)
{
    deadline_t start = clock_now();

    clock_sleep_ms(*(int *)ms);
    CHECK(clock_now() - start >= *(int *)ms);
    note(*(int *)ms == 2000 ? "late " : "early ");
    stop_when_alone();
}

TEST(fibers_sleep_side_by_side)
{
    int late = 2000, early = 15;

    fiber_start(sleeper, &late);
    fiber_start(sleeper, &early);
    loop_run();
    CHECK_STR(trace.data, "early late "); /* started the other way round */
}

static struct fiber *parked;

static void park(void *argument)
{
    (void)argument;
    parked = fiber_self();
    CHECK(!fiber_park(deadline_in_ms(10)));
    note("timeout ");
    CHECK(fiber_park(DEADLINE_NEVER));
    note("woken ");
    CHECK(fiber_park(DEADLINE_NEVER)); /* was called before it parked */
    loop_stop();
}

static void wake(void *argument)
{
    (void)argument;
    clock_sleep_ms(30);
    fiber_wake(parked);
    fiber_yield();
    fiber_wake(parked);
}

TEST(fibers_park_and_wake)
{
    fiber_start(park, NULL);
    fiber_start(wake, NULL);
    loop_run();
    CHECK_STR(trace.data, "timeout woken ");
}

static struct fiber_gate gate;

static void gate_waiter(void *argument)
{
    (void)argument;
    note(fiber_gate_wait(&gate, deadline_in_s(120)) ? "open " : "shut ");
    stop_when_alone();
}

static void gate_late(void *argument)
{
    (void)argument;
    note(fiber_gate_wait(&gate, deadline_in_ms(5)) ? "open " : "shut ");
    fiber_gate_open(&gate);
}

TEST(gate_lets_all_pass)
{
    fiber_start(gate_waiter, NULL);
    fiber_start(gate_waiter, NULL);
    fiber_start(gate_late, NULL);
    loop_run();
    CHECK_STR(trace.data, "shut open open ");
    CHECK(gate.first == NULL);
}

static void echo_server(void *argument)
{
    struct stream *s = stream_open((int)(size_t)argument);
    struct str line = STR_EMPTY;

    while (stream_get_until(s, '\n', 100, &line)) {
        stream_putf(s, "%s\n", line.data);
        stream_flush(s);
    }
    CHECK_INT(stream_state(s), STREAM_EOF);
    str_fini(&line);
    stream_close(s);
    stop_when_alone();
}

static void echo_client(void *argument)
{
    struct stream *s = stream_open((int)(size_t)argument);
    struct str line = STR_EMPTY;
    char want[20];

    stream_set_timeout(s, 10);
    for (int i = 0; i < 50; i++) {
        snprintf(want, sizeof want, "line %d", i);
        stream_putf(s, "%s\n", want);
        CHECK(stream_get_until(s, '\n', 100, &line));
        CHECK_STR(line.data, want);
    }
    str_fini(&line);
    stream_close(s);
    stop_when_alone();
}

TEST(fibers_talk_over_streams)
{
    for (int i = 0; i < 100; i++) {
        int fds[2];

        CHECK(sock_pair(fds, NULL));
        fiber_start(echo_server, (void *)(size_t)fds[0]);
        fiber_start(echo_client, (void *)(size_t)fds[1]);
    }
    CHECK_INT(fiber_count(), 200);
    loop_run();
    CHECK_INT(fiber_count(), 0);
}

/* Is <fd> among those that some epoll of this process watches? */
static bool is_watched(int fd)
{
    char path[64], target[64], want[32];
    struct str info = STR_EMPTY;
    bool found = false;

    snprintf(want, sizeof want, "tfd: %8d ", fd);
    for (int epoll = 3; epoll < 100; epoll++) {
        snprintf(path, sizeof path, "/proc/self/fd/%d", epoll);
        ssize_t length = readlink(path, target, sizeof target - 1);
        target[length > 0 ? length : 0] = '\0';
        if (strcmp(target, "anon_inode:[eventpoll]") != 0)
            continue;
        snprintf(path, sizeof path, "/proc/self/fdinfo/%d", epoll);
        CHECK(file_read(path, 1 << 16, &info, NULL));
        found = found || strstr(info.data, want) != NULL;
    }
    str_fini(&info);
    return found;
}

static void read_now_and_then(void *argument)
{
    int fds[2];

    (void)argument;
    CHECK(sock_pair(fds, NULL));
    struct stream *s = stream_open_socket(fds[0]);
    stream_set_deadline(s, deadline_in_ms(20));
    CHECK_INT(stream_get_char(s), -1);
    CHECK_INT(stream_state(s), STREAM_TIMEOUT);
    CHECK(is_watched(fds[0])); /* for the next time */

    stream_clear_error(s);
    stream_set_deadline(s, deadline_in_s(120));
    CHECK(write(fds[1], "a", 1) == 1);
    CHECK_INT(stream_get_char(s), 'a');
    CHECK(is_watched(fds[0]));

    CHECK(write(fds[1], "b", 1) == 1);
    fiber_sleep_until(deadline_in_ms(20)); /* nobody reads */
    CHECK(!is_watched(fds[0]));
    CHECK_INT(stream_get_char(s), 'b');
    stream_set_deadline(s, deadline_in_ms(20));
    CHECK_INT(stream_get_char(s), -1);
    CHECK_INT(stream_state(s), STREAM_TIMEOUT);
    CHECK(is_watched(fds[0]));

    CHECK_INT(stream_detach(s), fds[0]);
    CHECK(!is_watched(fds[0]));
    s = stream_open_socket(fds[0]);
    CHECK(!stream_fill_soon(s));
    CHECK(is_watched(fds[0]));
    close(fds[1]);
    CHECK_INT(stream_get_char(s), -1);
    CHECK_INT(stream_state(s), STREAM_EOF);
    stream_close(s);
    CHECK(!is_watched(fds[0]));
    loop_stop();
}

TEST(stream_in_a_fiber_stays_registered)
{
    fiber_start(read_now_and_then, NULL);
    loop_run();
}

static void wait_in_vain(void *argument)
{
    int fds[2], ready;

    (void)argument;
    CHECK(sock_pair(fds, NULL));
    deadline_t start = clock_now();
    CHECK(!io_wait(fds[0], IO_READ, deadline_in_ms(20)));
    CHECK_INT(errno, ETIMEDOUT);
    CHECK(clock_now() - start >= 20);
    CHECK(!io_wait(fds[0], IO_READ, 0));
    CHECK(io_wait(fds[0], IO_WRITE, 0));
    ready = io_wait_events(fds[0], IO_BOTH, deadline_in_s(120));
    CHECK_INT(ready, IO_WRITE);
    close(fds[1]);
    CHECK(io_wait(fds[0], IO_READ, deadline_in_s(120)));
    close(fds[0]);
    int file = fileno(tmpfile());
    CHECK(io_wait(file, IO_READ, deadline_in_s(120)));
    loop_stop();
}

TEST(io_wait_in_a_fiber_keeps_the_deadline)
{
    fiber_start(wait_in_vain, NULL);
    loop_run();
}

TEST(io_wait_outside_of_fibers_keeps_the_deadline)
{
    loop_stop(); /* not waited for */
    wait_in_vain(NULL);
}

static pthread_t thread_of_job;

static void slow_job(void *argument)
{
    thread_of_job = pthread_self();
    usleep(100000);
    *(bool *)argument = true;
}

static void use_offload(void *argument)
{
    bool done = false;

    (void)argument;
    offload(slow_job, &done);
    CHECK(done);
    CHECK(!pthread_equal(thread_of_job, pthread_self()));
    stop_when_alone();
}

TEST(offload_runs_jobs_at_once)
{
    deadline_t start = clock_now();
    bool done = false;

    for (int i = 0; i < 12; i++) /* more than there are threads */
        fiber_start(use_offload, NULL);
    loop_run();
    CHECK(clock_now() - start < 1000);
    offload(slow_job, &done);
    CHECK(done);
    CHECK(pthread_equal(thread_of_job, pthread_self()));
}

static void nothing(void *argument)
{
    (void)argument;
}

static void start_another(void *argument)
{
    fiber_start(nothing, NULL);
    fiber_start(yield_twice, argument);
    note("back ");
    fiber_yield();
}

static void count_up(void *argument)
{
    (*(int *)argument)++;
    fiber_yield();
    (*(int *)argument)++;
}

/* More than are kept, and again after those were given back. */
TEST(fibers_begin_on_stacks_of_others)
{
    int count = 0;

    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 40; i++)
            fiber_start(count_up, &count);
        while (fiber_count() > 0)
            loop_run_once(DEADLINE_NEVER);
        CHECK_INT(count, 80 * (round + 1));
        if (round == 1)
            fiber_trim();
    }
}

TEST(fibers_start_fibers)
{
    fiber_start(start_another, (void *)"x");
    CHECK_STR(trace.data, "xback ");
    loop_run();
    CHECK_STR(trace.data, "xback xx");
}

static int use_stack(int depth)
{
    volatile char frame[1000];

    memset((void *)(size_t)frame, depth, sizeof frame);
    return depth == 0 ? 0 : use_stack(depth - 1) + (frame[0] & 1);
}

static void deep(void *depth)
{
    use_stack((int)(size_t)depth);
}

TEST(stacks_are_large_and_guarded)
{
    fiber_start(deep, (void *)(size_t)150);
    CHECK_INT(fiber_count(), 0);
    fiber_start(deep, (void *)(size_t)150); /* the same stack again */
    signal(SIGSEGV, SIG_DFL);
    CHECK_EXIT(fiber_start(deep, (void *)(size_t)100000), -SIGSEGV);
}

static void count_expiry(void *count)
{
    if (++*(int *)count == 1)
        loop_stop();
}

static void signal_came(int number, void *seen)
{
    *(int *)seen = number;
    loop_stop();
}

static void can_read(int fd, void *seen)
{
    char byte;

    CHECK_INT(read(fd, &byte, 1), 1);
    *(char *)seen = byte;
    loop_stop();
}

TEST(loop_brings_timers_signals_and_readiness)
{
    int count = 0, number = 0, fds[2];
    char seen = 0;
    deadline_t start = clock_now();
    struct loop_timer *timer = loop_timer_new(count_expiry, &count);

    loop_timer_set(timer, deadline_in_ms(20));
    loop_run();
    CHECK(clock_now() - start >= 20);
    loop_timer_set(timer, deadline_in_ms(5));
    loop_timer_set(timer, DEADLINE_NEVER);
    loop_run_once(deadline_in_ms(20));
    CHECK_INT(count, 1);
    loop_timer_free(timer);

    loop_signal(SIGHUP, signal_came, &number);
    raise(SIGHUP);
    loop_run();
    CHECK_INT(number, SIGHUP);

    CHECK(pipe(fds) == 0);
    struct loop_watch *watch = loop_watch_new(fds[0], false, can_read, &seen);
    CHECK_INT(write(fds[1], "r", 1), 1);
    loop_run_once(deadline_in_ms(5));
    CHECK_INT(seen, 0); /* a watch starts off */
    loop_watch_enable(watch, true);
    loop_run();
    CHECK_INT(seen, 'r');
    loop_watch_free(watch);
}
