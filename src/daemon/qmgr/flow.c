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
static long enough;    /* that many are written at once */
static bool all_taken; /* so far */
static struct loop_timer *timer;

static bool is_pipe(int fd)
{
    struct stat st;

    return fstat(fd, &st) == 0 && S_ISFIFO(st.st_mode);
}

static long waiting_tokens(void)
{
    int waiting;

    return ioctl(SERVICE_FLOW_READ, FIONREAD, &waiting) < 0 ? MOST : waiting;
}

/* Tokens in all are at most as many as processes can want at a time: a long
 * run of deliveries must not allow a flood later. With few left, those who
 * bring mail soon wait for the next. */
static void put(long count)
{
    char tokens[MOST];
    long waiting = waiting_tokens();
    long room = queue_params.default_process_limit - waiting;

    if (count > room)
        count = room;
    if (count > MOST)
        count = MOST;
    if (count < 0)
        count = 0;
    memset(tokens, 0, (size_t)count);
    /* A full pipe holds more tokens than anybody needs. */
    if (count > 0 && write(SERVICE_FLOW_WRITE, tokens, (size_t)count) < 0)
        count = 0;
    enough = (waiting + count) / 4 + 1;
    if (enough > FLUSH_COUNT)
        enough = FLUSH_COUNT;
}

/* With nothing left to take, there is a token for everybody: also in place of
 * those that were spent on mail which was refused. */
static void flush(void *unused)
{
    (void)unused;
    put(all_taken ? queue_params.default_process_limit : owed);
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
    all_taken = false;
    if (owed >= enough)
        flush(NULL);
    else if (owed == 1)
        loop_timer_set(timer, deadline_in_ms(FLUSH_MS));
}

void flow_all_taken(void)
{
    all_taken = true;
}

void flow_nothing_incoming(void)
{
    if (is_open)
        put(queue_params.default_process_limit);
}
