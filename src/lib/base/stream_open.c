/* SPDX-License-Identifier: ISC
 *
 * stream_open.c - a stream's life, its limits of time, and how it fares.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "io_backend.h"
#include "stream_private.h"

/* ---- a stream and its life ---- */

static struct stream *stream_new(int fd, enum kind kind)
{
    struct stream *s = mem_zalloc(sizeof *s);

    s->fd = fd;
    s->kind = kind;
    s->deadline = DEADLINE_NEVER;
    str_init(&s->memory);
    return s;
}

struct stream *stream_open(int fd)
{
    struct stream *s = stream_new(fd, KIND_SOCKET);
    int flags = fcntl(fd, F_GETFL);
    off_t position = lseek(fd, 0, SEEK_CUR);

    if (position >= 0) {
        s->kind = KIND_FILE;
        s->position = s->kernel_position = position;
        s->appending = (flags & O_APPEND) != 0;
        return s;
    }
    if (flags < 0 || (flags & O_NONBLOCK) != 0)
        return s;
    if (fd <= STDERR_FILENO)
        s->blocking = true;
    else
        (void)fcntl(fd, F_SETFL, flags | O_NONBLOCK);
    return s;
}

struct stream *stream_open_socket(int fd)
{
    struct stream *s = stream_new(fd, KIND_SOCKET);

    s->is_socket = true;
    return s;
}

struct stream *stream_open_file(int fd)
{
    struct stream *s = stream_new(fd, KIND_FILE);

    s->is_regular = true;
    return s;
}

struct stream *stream_open_memory(const void *data, size_t length)
{
    if (data == NULL)
        return stream_new(-1, KIND_MEMORY_WRITE);

    struct stream *s = stream_new(-1, KIND_MEMORY_READ);
    s->in.data = (char *)(size_t)data; /* never written to */
    s->in.end = length;
    s->position = (off_t)length;
    return s;
}

const struct str *stream_memory(const struct stream *s)
{
    return &s->memory;
}

static void close_transport(struct stream *s)
{
    if (s->transport != NULL && s->transport->close != NULL)
        s->transport->close(s->handle, s->fd);
    s->transport = NULL;
    s->handle = NULL;
}

static void forget_watch(struct stream *s)
{
    if (s->watch != NULL)
        s->watch->forget(s->watch);
    s->watch = NULL;
}

static void stream_free(struct stream *s)
{
    if (s->kind != KIND_MEMORY_READ)
        free(s->in.data);
    free(s->out.data);
    str_fini(&s->memory);
    free(s);
}

void stream_abandon(struct stream *s)
{
    if (s == NULL)
        return;
    close_transport(s);
    forget_watch(s);
    if (s->fd >= 0)
        close(s->fd);
    stream_free(s);
}

void stream_close(struct stream *s)
{
    if (s == NULL)
        return;
    stream_flush(s);
    stream_abandon(s);
}

/* One TCP segment in place of two, and the peer wakes up once. Were there
 * input that nobody has read, the kernel would break the connection off, and
 * what is unsent then would be lost. */
void stream_close_at_once(struct stream *s)
{
    char byte;

    if (s == NULL)
        return;
    s->is_ending = buffer_used(&s->out) > 0 && s->is_socket &&
                   s->transport == NULL &&
                   recv(s->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) <= 0;
    stream_close(s);
}

int stream_detach(struct stream *s)
{
    int fd = s->fd;

    stream_flush(s);
    close_transport(s);
    if (s->kind == KIND_FILE)
        (void)lseek(fd, stream_tell(s), SEEK_SET);
    stream_stop_napping(s);
    forget_watch(s);
    stream_free(s);
    return fd;
}

int stream_fd(const struct stream *s)
{
    return s->fd;
}

/* ---- deadlines ---- */

void stream_set_timeout(struct stream *s, int seconds)
{
    s->timeout_s = seconds;
}

void stream_set_deadline(struct stream *s, deadline_t until)
{
    s->deadline = until;
    s->moved_bytes = 0;
}

void stream_set_min_rate(struct stream *s, int bytes_per_second)
{
    s->min_rate = bytes_per_second;
    s->moved_bytes = 0;
}

/* ---- what went wrong ---- */

enum stream_state stream_state(const struct stream *s)
{
    return s->state;
}

bool stream_failed(const struct stream *s)
{
    return s->state != STREAM_OK;
}

int stream_errno(const struct stream *s)
{
    return s->error;
}

void stream_clear_error(struct stream *s)
{
    s->state = STREAM_OK;
    s->error = 0;
}

const char *stream_error_text(const struct stream *s)
{
    switch (s->state) {
    case STREAM_OK: return "no error";
    case STREAM_EOF: return "connection closed";
    case STREAM_TIMEOUT: return "timeout";
    case STREAM_ERROR: return strerror(s->error);
    case STREAM_LIMIT: return "data too long";
    }
    return "";
}

/* ---- transports ---- */

bool stream_set_transport(struct stream *s,
                          const struct stream_transport *transport,
                          void *handle)
{
    if (!stream_flush(s))
        return false;
    close_transport(s);
    stream_stop_napping(s);
    /* Whatever lies below: a transport has two directions and no position. */
    s->kind = KIND_SOCKET;
    s->blocking = s->is_socket = s->is_regular = false;
    s->transport = transport;
    s->handle = handle;
    return true;
}

void *stream_transport_handle(const struct stream *s)
{
    return s->handle;
}
