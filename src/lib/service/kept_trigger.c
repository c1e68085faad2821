/* SPDX-License-Identifier: ISC
 *
 * kept_trigger.c - clients that keep their connection for one trigger after
 * the other: cleanup, which has something to say with each message.
 *
 * They send lines. Between these a client costs a descriptor and the few bytes
 * below, and no fiber; it does not count as a client of the process, which
 * may end meanwhile. Who has too many of them gets what he gets without.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/array.h"
#include "base/fiber.h"
#include "base/loop.h"
#include "service_private.h"

enum { KEPT_MAX = 256, LINE_MAX_BYTES = 64, READ_MAX = 1024 };

struct kept {
    struct process *process;
    struct loop_watch *watch; /* owned */
    int fd;                   /* owned */
    char line[LINE_MAX_BYTES]; /* the beginning of one */
    size_t length;
};

static struct {
    ARRAY_OF(struct kept *);
} all; /* owned */

static void kept_free(struct kept *k)
{
    loop_watch_free(k->watch);
    close(k->fd);
    free(k);
}

static void kept_close(struct kept *k)
{
    for (size_t i = 0; i < all.count; i++)
        if (all.items[i] == k)
            all.items[i--] = all.items[--all.count];
    kept_free(k);
}

void kept_trigger_close_all(void)
{
    for (size_t i = 0; i < all.count; i++)
        kept_free(all.items[i]);
    all.count = 0;
}

/* Past the last newline. */
static size_t length_of_lines(const char *bytes, size_t length)
{
    const char *newline = memrchr(bytes, '\n', length);

    return newline == NULL ? 0 : (size_t)(newline - bytes) + 1;
}

/* Keep the line that has only begun. False: it is too long to be one. */
static bool keep_rest(struct kept *k, const char *bytes, size_t length)
{
    if (length > sizeof k->line)
        return false;
    memcpy(k->line, bytes, length);
    k->length = length;
    return true;
}

/* What has come, at most READ_MAX bytes: the others wait. The client is not
 * looked at after the call, which may wait while more comes. */
static void serve(void *argument)
{
    struct kept *k = argument;
    struct process *process = k->process;
    char bytes[LINE_MAX_BYTES + READ_MAX];
    size_t length = k->length;

    memcpy(bytes, k->line, length);
    ssize_t got = recv(k->fd, bytes + length, READ_MAX, MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (got > 0)
        length += (size_t)got;
    size_t lines = got > 0 ? length_of_lines(bytes, length) : 0;
    if (got <= 0 || !keep_rest(k, bytes + lines, length - lines))
        kept_close(k);
    if (lines > 0)
        process->service->triggered(bytes, lines);
}

static void ready(int fd, void *argument)
{
    (void)fd;
    accept_many_look_around();
    fiber_start(serve, argument);
}

static void kept_new(struct process *p, int fd, const char *rest,
                     size_t length)
{
    struct kept *k = mem_zalloc(sizeof *k);

    k->process = p;
    k->fd = fd;
    k->watch = loop_watch_new(fd, false, ready, k);
    ARRAY_ADD(&all, k);
    if (keep_rest(k, rest, length))
        loop_watch_enable(k->watch, true);
    else
        kept_close(k);
}

void kept_trigger_open(struct process *p, int fd, const char *bytes,
                       size_t length)
{
    size_t lines = length_of_lines(bytes, length);

    if (all.count < KEPT_MAX)
        kept_new(p, fd, bytes + lines, length - lines);
    else
        close(fd);
    if (lines > 0)
        p->service->triggered(bytes, lines);
}
