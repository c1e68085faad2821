/* SPDX-License-Identifier: ISC
 *
 * stream_io.c - what lies below a stream's buffers, and waiting for it.
 *
 * A socket or pipe is read and written first and waited for only after EAGAIN;
 * a file is read by position, so that processes may share the descriptor. A
 * transport such as TLS stands in for the socket's read and write.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "io_backend.h"
#include "stream_private.h"

#define INPUT_SIZE_MAX 32768
#define FILE_SIZE      16384 /* first read of a file: it knows no small talk */
#define DO_NOT_WAIT    ((deadline_t)0)
#define BRIEF_MS       100 /* a wait that is worth no change of buffers */

/* ---- how long ---- */

/* Until when a wait that begins now may last. Asked only when there is
 * something to wait for, so that a busy stream never reads the clock. */
static deadline_t wait_limit(struct stream *s)
{
    if (s->timeout_s <= 0 && s->deadline == DEADLINE_NEVER)
        return DEADLINE_NEVER;

    deadline_t limit =
        s->timeout_s > 0 ? deadline_in_s(s->timeout_s) : DEADLINE_NEVER;
    if (s->deadline == DEADLINE_NEVER)
        return limit;
    if (s->min_rate > 0) {
        s->deadline +=
            (deadline_t)(s->moved_bytes * 1000 / (size_t)s->min_rate);
        s->moved_bytes = 0;
        if (s->deadline > limit)
            s->deadline = limit;
    }
    return s->deadline < limit ? s->deadline : limit;
}

void stream_count_moved(struct stream *s, size_t bytes)
{
    if (s->min_rate > 0 && s->deadline != DEADLINE_NEVER)
        s->moved_bytes += bytes;
}

/* ---- buffers ---- */

static void buffer_free(struct buffer *b)
{
    free(b->data);
    *b = (struct buffer){ 0 };
}

bool stream_make_room(struct buffer *b, size_t first, size_t max)
{
    if (b->start == b->end)
        b->start = b->end = 0;
    if (b->end < b->capacity)
        return true;
    if (b->start > 0) {
        memmove(b->data, b->data + b->start, buffer_used(b));
        b->end -= b->start;
        b->start = 0;
        return true;
    }
    if (b->capacity >= max)
        return false;
    size_t larger = b->capacity == 0 ? first : b->capacity * 2;
    b->capacity = larger < max ? larger : max;
    b->data = mem_realloc(b->data, b->capacity);
    return true;
}

/* An idle session in a process of many should hold no buffers. */
static void release_idle_buffers(struct stream *s)
{
    if (buffer_used(&s->in) == 0)
        buffer_free(&s->in);
    if (buffer_used(&s->out) == 0)
        buffer_free(&s->out);
}

/* ---- the descriptor below ---- */

static ssize_t read_file(struct stream *s, void *data, size_t length)
{
    /* It says so once; who asks again gets what was appended since. */
    if (s->at_end) {
        s->at_end = false;
        return 0;
    }
    ssize_t got = pread(s->fd, data, length, s->position);
    s->at_end = s->is_regular && got > 0 && got < (ssize_t)length;
    /* What has no positions although it can seek, as some devices. */
    if (got < 0 && errno == ESPIPE)
        return read(s->fd, data, length);
    return got;
}

static ssize_t read_descriptor(struct stream *s, void *data, size_t length)
{
    if (s->is_socket)
        return recv(s->fd, data, length, MSG_DONTWAIT);
    if (s->kind != KIND_FILE)
        return read(s->fd, data, length);
    return read_file(s, data, length);
}

/* Read what there is, without waiting unless the stream is a blocking one.
 * -1 and errno EAGAIN: nothing yet. */
static ssize_t read_now(struct stream *s, void *data, size_t length)
{
    ssize_t got;

    if (s->transport != NULL) {
        got = s->transport->read(s->handle, s->fd, data, length, DO_NOT_WAIT);
        if (got < 0 && errno == ETIMEDOUT)
            errno = EAGAIN;
        return got;
    }
    do {
        got = read_descriptor(s, data, length);
    } while (got < 0 && errno == EINTR);
    if (got > 0)
        s->position += got;
    return got;
}

/* Must a deadline be kept on a descriptor that blocks? */
static bool must_ask_first(const struct stream *s)
{
    return s->blocking && (s->timeout_s > 0 || s->deadline != DEADLINE_NEVER);
}

/* Where one stream is all that the process waits for, the kernel may wait in
 * the read itself: a peer that answers soon costs one system call in place of
 * three. Not for long, though, as only poll(2) keeps deadlines. */
bool stream_may_nap(struct stream *s)
{
    return s->is_socket && io_backend() == NULL &&
           wait_limit(s) > clock_now() + NAP_MS;
}

ssize_t stream_read_napping(struct stream *s, void *data, size_t length)
{
    static const struct timeval nap = { .tv_usec = NAP_MS * 1000 };

    if (!s->naps) {
        (void)fcntl(s->fd, F_SETFL, O_RDWR); /* no O_NONBLOCK */
        (void)setsockopt(s->fd, SOL_SOCKET, SO_RCVTIMEO, &nap, sizeof nap);
        s->naps = true;
    }
    ssize_t got = recv(s->fd, data, length, 0);
    if (got < 0 && errno == EINTR)
        errno = EAGAIN;
    return got;
}

void stream_stop_napping(struct stream *s)
{
    if (s->naps)
        (void)fcntl(s->fd, F_SETFL, O_RDWR | O_NONBLOCK);
    s->naps = false;
}

/* What fills the buffer goes on: then fewer, larger reads will do. */
void stream_prepare_input(struct stream *s)
{
    struct buffer *in = &s->in;
    size_t first = s->kind == KIND_FILE ? FILE_SIZE : INPUT_SIZE;

    stream_make_room(in, first, first);
    if (!s->input_was_full || in->capacity >= INPUT_SIZE_MAX)
        return;
    in->capacity *= 2;
    in->data = mem_realloc(in->data, in->capacity);
}

bool stream_wait_for_input(struct stream *s, deadline_t until)
{
    if (io_backend() == NULL)
        return io_wait(s->fd, IO_READ, until);
    return io_backend()->wait_for_input(s->fd, until, &s->watch);
}

/* The same, without buffers if it takes long. */
static bool wait_without_buffers(struct stream *s, deadline_t until)
{
    deadline_t soon = deadline_in_ms(BRIEF_MS);

    if (io_backend() != NULL && soon < until) {
        if (stream_wait_for_input(s, soon))
            return true;
        release_idle_buffers(s);
    }
    return stream_wait_for_input(s, until);
}

/* The answer to what was just sent is not there yet: where others can run
 * meanwhile, to try would be a system call in vain. */
static bool is_too_early(struct stream *s)
{
    bool too_early = s->has_sent && s->is_socket && io_backend() != NULL;

    s->has_sent = false;
    return too_early;
}

static ssize_t try_to_read(struct stream *s, void *data, size_t length)
{
    if (is_too_early(s)) {
        errno = EAGAIN;
        return -1;
    }
    return stream_may_nap(s) ? stream_read_napping(s, data, length)
                             : read_now(s, data, length);
}

/* Read into <data>, or if that is NULL into the empty input buffer. */
ssize_t stream_read_waiting(struct stream *s, void *data, size_t length)
{
    if (must_ask_first(s) && !stream_wait_for_input(s, wait_limit(s)))
        return -1;
    for (;;) {
        void *to = data;

        if (data == NULL) {
            stream_prepare_input(s);
            to = s->in.data;
            length = s->in.capacity;
        }
        if (s->transport != NULL)
            return s->transport->read(s->handle, s->fd, to, length,
                                      wait_limit(s));
        ssize_t got = try_to_read(s, to, length);
        if (got >= 0 || (errno != EAGAIN && errno != EWOULDBLOCK))
            return got;
        deadline_t until = wait_limit(s);
        if (io_backend() == NULL && until <= clock_now()) {
            errno = ETIMEDOUT; /* just asked: poll(2) knows no better */
            return -1;
        }
        if (!wait_without_buffers(s, until))
            return -1;
    }
}

static ssize_t write_now(struct stream *s, const void *data, size_t length)
{
    int flags = MSG_DONTWAIT | MSG_NOSIGNAL | (s->is_ending ? MSG_MORE : 0);
    ssize_t put;

    if (s->transport != NULL) {
        put = s->transport->write(s->handle, s->fd, data, length, DO_NOT_WAIT);
        if (put < 0 && errno == ETIMEDOUT)
            errno = EAGAIN;
        return put;
    }
    if (s->kind == KIND_FILE && !s->appending &&
        s->kernel_position != s->position) {
        if (lseek(s->fd, s->position, SEEK_SET) < 0)
            return -1;
        s->kernel_position = s->position;
    }
    do {
        put = s->is_socket
                  ? send(s->fd, data, length, flags)
                  : write(s->fd, data, length);
    } while (put < 0 && errno == EINTR);
    if (put > 0) {
        s->has_sent = true;
        s->position += put;
        s->kernel_position = s->position;
    }
    return put;
}

/* Take into the buffer what the peer sends while it does not listen. An end
 * or error of the input is left for the next who reads. */
static void read_meanwhile(struct stream *s)
{
    struct buffer *in = &s->in;

    if (!stream_make_room(in, INPUT_SIZE, s->read_while_writing))
        return;
    ssize_t got = read_now(s, in->data + in->end, in->capacity - in->end);
    if (got > 0) {
        in->end += (size_t)got;
        stream_count_moved(s, (size_t)got);
        return;
    }
    if (got == 0 || (errno != EAGAIN && errno != EWOULDBLOCK))
        s->read_while_writing = 0;
}

/* Wait until something can be written. */
static bool wait_to_write(struct stream *s)
{
    deadline_t until = wait_limit(s);

    for (;;) {
        bool both = buffer_used(&s->in) < s->read_while_writing;
        int ready = io_wait_events(s->fd, both ? IO_BOTH : IO_WRITE, until);

        if (ready == 0)
            return false;
        if (both && (ready & IO_READ) != 0)
            read_meanwhile(s);
        /* A transport may have to read before it can write. */
        if ((ready & IO_WRITE) != 0 || s->transport != NULL)
            return true;
    }
}

ssize_t stream_write_waiting(struct stream *s, const void *data, size_t length)
{
    if (s->transport != NULL && s->read_while_writing == 0)
        return s->transport->write(s->handle, s->fd, data, length,
                                   wait_limit(s));
    if (must_ask_first(s) && !wait_to_write(s))
        return -1;
    for (;;) {
        ssize_t put = write_now(s, data, length);

        if (put >= 0 || (errno != EAGAIN && errno != EWOULDBLOCK))
            return put;
        if (!wait_to_write(s))
            return -1;
    }
}
