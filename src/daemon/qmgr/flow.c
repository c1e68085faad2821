/* SPDX-License-Identifier: ISC
 *
 * flow.c - tokens for those who bring in mail.
 */
#include "flow.h"

#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/loop.h"
#include "config/params.h"
#include "service/child_status.h"

/* Tokens are written some at a time: one system call for many messages. */
enum { FLUSH_COUNT = 20, FLUSH_MS = 100, MOST = 1000 };

static bool is_open;
static long owed;
static struct loop_timer *timer;

static bool is_pipe(int fd)
{
    struct stat st;

    return fstat(fd, &st) == 0 && S_ISFIFO(st.st_mode);
}

/* At most so many as processes can want at a time: a long run of deliveries
 * must not allow a flood later. */
static long room(void)
{
    int waiting;
    long limit = queue_params.default_process_limit;

    if (ioctl(SERVICE_FLOW_READ, FIONREAD, &waiting) < 0)
        return 0;
    return waiting < limit ? limit - waiting : 0;
}

static void put(long count)
{
    char tokens[MOST];
    long most = room();

    if (count > most)
        count = most;
    if (count > MOST)
        count = MOST;
    if (count <= 0)
        return;
    memset(tokens, 0, (size_t)count);
    /* A full pipe holds more tokens than anybody needs. */
    if (write(SERVICE_FLOW_WRITE, tokens, (size_t)count) < 0)
        return;
}

static void flush(void *unused)
{
    (void)unused;
    put(owed);
    owed = 0;
}

void flow_set_up(void)
{
    is_open = queue_params.in_flow_delay > 0 && is_pipe(SERVICE_FLOW_READ) &&
              is_pipe(SERVICE_FLOW_WRITE);
    if (!is_open)
        return;
    file_set_nonblocking(SERVICE_FLOW_WRITE, true);
    timer = loop_timer_new(flush, NULL);
}

void flow_message_taken(void)
{
    if (!is_open)
        return;
    owed++;
    /* With few tokens in all, those who bring mail must not wait for ours. */
    if (owed >= FLUSH_COUNT || owed * 4 >= queue_params.default_process_limit)
        flush(NULL);
    else if (owed == 1)
        loop_timer_set(timer, deadline_in_ms(FLUSH_MS));
}

void flow_nothing_incoming(void)
{
    if (is_open)
        put(queue_params.default_process_limit);
}
