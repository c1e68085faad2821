/* SPDX-License-Identifier: ISC
 *
 * stream.c - buffered bytes to and from a descriptor, with deadlines.
 *
 * Three things lie under the buffers: a socket or pipe (read and write first,
 * wait only after EAGAIN), a file (read by position, so that processes may
 * share the descriptor), or memory. A transport such as TLS stands in for the
 * socket's read and write.
 */
#include "base/stream.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/io.h"
#include "io_backend.h"

#define INPUT_SIZE      4096
#define INPUT_SIZE_MAX  16384 /* and of files, which know no small talk */
#define OUTPUT_SIZE_MIN 4096
#define OUTPUT_SIZE_MAX 16384
#define DO_NOT_WAIT     ((deadline_t)0)
#define NAP_MS          50

enum kind { KIND_SOCKET, KIND_FILE, KIND_MEMORY_READ, KIND_MEMORY_WRITE };

struct buffer {
    char *data; /* owned, but for KIND_MEMORY_READ; NULL until first used */
    size_t start, end, capacity;
};

struct stream {
    int fd; /* owned; -1: memory */
    enum kind kind;
    bool blocking;  /* KIND_SOCKET: ask before each read or write */
    bool is_socket; /* KIND_SOCKET: and certainly no pipe */
    bool naps;      /* the kernel waits up to NAP_MS in a read */
    bool is_regular; /* KIND_FILE: and certainly no device */
    bool at_end;     /* a regular file had less than was asked for */
    bool appending; /* KIND_FILE: each write goes to the end */
    bool writing;   /* a fiber is sending the output buffer */
    bool input_was_full; /* the last read into the buffer filled it */
    enum stream_state state;
    int error;
    struct buffer in, out;
    struct str memory;                        /* KIND_MEMORY_WRITE */
    const struct stream_transport *transport; /* borrowed; NULL: plain */
    void *handle;                             /* owned by the transport */
    int timeout_s, min_rate;
    deadline_t deadline;
    size_t moved_bytes;        /* since min_rate was last accounted */
    size_t read_while_writing; /* bytes of input to accept; 0: off */
    off_t position;            /* KIND_FILE: behind the input buffer, or before
                                  the output buffer */
    off_t kernel_position;     /* KIND_FILE: where write(2) would write */
};

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

/* Others expect a socket that does not block. */
static void stop_napping(struct stream *s)
{
    if (s->naps)
        (void)fcntl(s->fd, F_SETFL, O_RDWR | O_NONBLOCK);
    s->naps = false;
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

int stream_detach(struct stream *s)
{
    int fd = s->fd;

    stream_flush(s);
    close_transport(s);
    if (s->kind == KIND_FILE)
        (void)lseek(fd, stream_tell(s), SEEK_SET);
    stop_napping(s);
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

static void count_moved(struct stream *s, size_t bytes)
{
    if (s->min_rate > 0 && s->deadline != DEADLINE_NEVER)
        s->moved_bytes += bytes;
}

/* ---- what went wrong ---- */

static bool fail(struct stream *s, enum stream_state state, int error)
{
    s->state = state;
    s->error = error;
    return false;
}

static bool fail_errno(struct stream *s)
{
    return fail(s, errno == ETIMEDOUT ? STREAM_TIMEOUT : STREAM_ERROR, errno);
}

static bool can_write(const struct stream *s)
{
    return s->state != STREAM_ERROR && s->state != STREAM_TIMEOUT;
}

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

/* ---- buffers ---- */

static size_t buffer_used(const struct buffer *b)
{
    return b->end - b->start;
}

static void buffer_free(struct buffer *b)
{
    free(b->data);
    *b = (struct buffer){ 0 };
}

/* Make room for at least one byte behind the end, up to <max> in all. False
 * if <max> bytes are in it. */
static bool buffer_make_room(struct buffer *b, size_t first, size_t max)
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
    if (io_backend() == NULL)
        return;
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
static bool may_nap(struct stream *s)
{
    return s->is_socket && io_backend() == NULL &&
           wait_limit(s) > clock_now() + NAP_MS;
}

static ssize_t read_napping(struct stream *s, void *data, size_t length)
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

/* What fills the buffer goes on: then fewer, larger reads will do. */
static void prepare_input(struct stream *s)
{
    struct buffer *in = &s->in;
    size_t first = s->kind == KIND_FILE ? INPUT_SIZE_MAX : INPUT_SIZE;

    buffer_make_room(in, first, first);
    if (!s->input_was_full || in->capacity >= INPUT_SIZE_MAX)
        return;
    in->capacity *= 2;
    in->data = mem_realloc(in->data, in->capacity);
}

/* Read into <data>, or if that is NULL into the empty input buffer. */
static ssize_t read_waiting(struct stream *s, void *data, size_t length)
{
    if (must_ask_first(s) && !io_wait(s->fd, IO_READ, wait_limit(s)))
        return -1;
    for (;;) {
        void *to = data;

        if (data == NULL) {
            prepare_input(s);
            to = s->in.data;
            length = s->in.capacity;
        }
        if (s->transport != NULL)
            return s->transport->read(s->handle, s->fd, to, length,
                                      wait_limit(s));
        ssize_t got = may_nap(s) ? read_napping(s, to, length)
                                 : read_now(s, to, length);
        if (got >= 0 || (errno != EAGAIN && errno != EWOULDBLOCK))
            return got;
        release_idle_buffers(s);
        if (!io_wait(s->fd, IO_READ, wait_limit(s)))
            return -1;
    }
}

static ssize_t write_now(struct stream *s, const void *data, size_t length)
{
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
                  ? send(s->fd, data, length, MSG_DONTWAIT | MSG_NOSIGNAL)
                  : write(s->fd, data, length);
    } while (put < 0 && errno == EINTR);
    if (put > 0) {
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

    if (!buffer_make_room(in, INPUT_SIZE, s->read_while_writing))
        return;
    ssize_t got = read_now(s, in->data + in->end, in->capacity - in->end);
    if (got > 0) {
        in->end += (size_t)got;
        count_moved(s, (size_t)got);
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

static ssize_t write_waiting(struct stream *s, const void *data, size_t length)
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

/* ---- writing ---- */

static bool write_all(struct stream *s, const char *data, size_t length)
{
    s->writing = true;
    while (length > 0) {
        ssize_t put = write_waiting(s, data, length);

        if (put <= 0) {
            if (put == 0)
                errno = EPIPE;
            fail_errno(s);
            break;
        }
        count_moved(s, (size_t)put);
        data += put;
        length -= (size_t)put;
    }
    s->writing = false;
    return length == 0;
}

bool stream_flush(struct stream *s)
{
    struct buffer *out = &s->out;

    if (!can_write(s))
        return false;
    if (out->start == out->end)
        return true;
    if (!write_all(s, out->data + out->start, buffer_used(out)))
        return false;
    out->start = out->end = 0;
    return true;
}

/* A file has one position: what was read ahead is forgotten. */
static void turn_to_writing(struct stream *s)
{
    if (s->kind != KIND_FILE || buffer_used(&s->out) > 0)
        return;
    s->position -= (off_t)buffer_used(&s->in);
    s->at_end = false;
    s->in.start = s->in.end = 0;
    if (s->appending)
        s->position = lseek(s->fd, 0, SEEK_END);
}

void stream_put_bytes(struct stream *s, const void *data, size_t length)
{
    struct buffer *out = &s->out;
    const char *next = data;

    if (s->kind == KIND_MEMORY_WRITE) {
        str_add_bytes(&s->memory, data, length);
        return;
    }
    if (!can_write(s))
        return;
    if (s->kind == KIND_MEMORY_READ) {
        fail(s, STREAM_ERROR, EBADF);
        return;
    }
    turn_to_writing(s);
    while (length > 0) {
        if (out->start == out->end && length >= OUTPUT_SIZE_MAX) {
            write_all(s, next, length);
            return;
        }
        if (!buffer_make_room(out, OUTPUT_SIZE_MIN, OUTPUT_SIZE_MAX)) {
            if (!stream_flush(s))
                return;
            continue;
        }
        size_t part = out->capacity - out->end;
        if (part > length)
            part = length;
        memcpy(out->data + out->end, next, part);
        out->end += part;
        next += part;
        length -= part;
    }
}

void stream_put(struct stream *s, const char *text)
{
    stream_put_bytes(s, text, strlen(text));
}

void stream_put_char(struct stream *s, int c)
{
    char byte = (char)c;

    if (s->out.start < s->out.end && s->out.end < s->out.capacity &&
        can_write(s)) {
        s->out.data[s->out.end++] = byte;
        return;
    }
    stream_put_bytes(s, &byte, 1);
}

void stream_putf(struct stream *s, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    stream_vputf(s, format, args);
    va_end(args);
}

void stream_vputf(struct stream *s, const char *format, va_list args)
{
    char text[512];
    va_list again;

    va_copy(again, args);
    int length = vsnprintf(text, sizeof text, format, args);
    if (length < 0) {
        fail(s, STREAM_ERROR, errno);
    } else if ((size_t)length < sizeof text) {
        stream_put_bytes(s, text, (size_t)length);
    } else {
        struct str whole = STR_EMPTY;

        str_vaddf(&whole, format, again);
        stream_put_bytes(s, whole.data, whole.length);
        str_fini(&whole);
    }
    va_end(again);
}

size_t stream_unsent(const struct stream *s)
{
    return buffer_used(&s->out);
}

void stream_read_while_writing(struct stream *s, size_t max)
{
    s->read_while_writing = max;
}

static void sync_file(void *argument)
{
    struct stream *s = argument;

    s->error = fsync(s->fd) == 0 ? 0 : errno;
}

bool stream_sync(struct stream *s)
{
    if (!stream_flush(s))
        return false;
    if (s->kind != KIND_FILE)
        return true;
    offload(sync_file, s);
    return s->error == 0 || fail(s, STREAM_ERROR, s->error);
}

/* ---- reading ---- */

size_t stream_buffered(const struct stream *s)
{
    return buffer_used(&s->in);
}

const char *stream_peek(const struct stream *s)
{
    return s->in.data == NULL ? "" : s->in.data + s->in.start;
}

/* What a read has come to. 0: failed. */
static size_t note_read(struct stream *s, ssize_t got)
{
    if (got > 0) {
        count_moved(s, (size_t)got);
        return (size_t)got;
    }
    if (got == 0)
        fail(s, STREAM_EOF, 0);
    else
        fail_errno(s);
    return 0;
}

/* Read at most <length> bytes into <data>, or if that is NULL, into the input
 * buffer, which is empty. 0: failed. */
static size_t read_some(struct stream *s, void *data, size_t length)
{
    s->in.start = s->in.end = 0;
    ssize_t got = read_waiting(s, data, length);

    s->input_was_full = data == NULL && got == (ssize_t)s->in.capacity;
    return note_read(s, got);
}

/* May the transport be asked for input? Send first, or both ends might wait
 * for each other; unless another fiber is at it. */
static bool prepare_to_read(struct stream *s)
{
    if (s->state != STREAM_OK)
        return false;
    if (s->kind == KIND_MEMORY_READ || s->kind == KIND_MEMORY_WRITE)
        return fail(s, STREAM_EOF, 0);
    return buffer_used(&s->out) == 0 || s->writing || stream_flush(s);
}

bool stream_fill_soon(struct stream *s)
{
    if (s->state != STREAM_OK || buffer_used(&s->in) > 0)
        return true;
    if (!prepare_to_read(s))
        return true;
    if (!may_nap(s))
        return io_wait(s->fd, IO_READ, deadline_in_ms(NAP_MS));
    prepare_input(s);
    ssize_t got = read_napping(s, s->in.data, s->in.capacity);
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
        return false;
    s->in.start = 0;
    s->in.end = note_read(s, got);
    return true;
}

bool stream_fill(struct stream *s)
{
    struct buffer *in = &s->in;

    if (s->state != STREAM_OK)
        return false;
    if (in->start < in->end)
        return true;
    if (!prepare_to_read(s))
        return false;
    in->end = read_some(s, NULL, 0);
    return in->end > 0;
}

void stream_drop_input(struct stream *s)
{
    s->in.start = s->in.end;
}

void stream_skip(struct stream *s, size_t length)
{
    s->in.start += length;
}

int stream_get_char(struct stream *s)
{
    if (!stream_fill(s))
        return -1;
    return (unsigned char)s->in.data[s->in.start++];
}

size_t stream_get_some(struct stream *s, void *data, size_t length)
{
    struct buffer *in = &s->in;

    if (length == 0)
        return 0;
    if (in->start == in->end && length >= INPUT_SIZE)
        return prepare_to_read(s) ? read_some(s, data, length) : 0;
    if (!stream_fill(s))
        return 0;
    size_t part = buffer_used(in) < length ? buffer_used(in) : length;
    memcpy(data, in->data + in->start, part);
    in->start += part;
    return part;
}

bool stream_get_bytes(struct stream *s, void *data, size_t length)
{
    char *next = data;

    while (length > 0) {
        size_t got = stream_get_some(s, next, length);

        if (got == 0)
            return false;
        next += got;
        length -= got;
    }
    return true;
}

bool stream_get_until(struct stream *s, int delimiter, size_t max,
                      struct str *out)
{
    struct buffer *in = &s->in;

    str_clear(out);
    while (stream_fill(s)) {
        const char *start = in->data + in->start;
        size_t room = max - out->length;
        size_t used = buffer_used(in);
        size_t look = used <= room ? used : room + 1;
        const char *end = memchr(start, delimiter, look);

        if (end != NULL) {
            str_add_bytes(out, start, (size_t)(end - start));
            in->start += (size_t)(end - start) + 1;
            return true;
        }
        size_t take = look <= room ? look : room;
        str_add_bytes(out, start, take);
        in->start += take;
        if (look > room)
            return fail(s, STREAM_LIMIT, 0);
    }
    return false;
}

/* ---- positions ---- */

off_t stream_tell(const struct stream *s)
{
    if (s->kind == KIND_MEMORY_WRITE)
        return (off_t)s->memory.length;
    return s->position - (off_t)buffer_used(&s->in) +
           (off_t)buffer_used(&s->out);
}

bool stream_seek(struct stream *s, off_t offset)
{
    struct buffer *in = &s->in;

    if (s->kind != KIND_FILE && s->kind != KIND_MEMORY_READ)
        return fail(s, STREAM_ERROR, ESPIPE);
    if (!stream_flush(s))
        return false;
    if (offset < 0 || (s->kind == KIND_MEMORY_READ && offset > s->position))
        return fail(s, STREAM_ERROR, EINVAL);
    if (s->state == STREAM_EOF)
        stream_clear_error(s);
    /* The input buffer begins at position - end. */
    if (offset <= s->position && offset >= s->position - (off_t)in->end) {
        in->start = in->end - (size_t)(s->position - offset);
        return true;
    }
    in->start = in->end = 0;
    s->at_end = false;
    s->position = offset;
    return true;
}

bool stream_overwrite(struct stream *s, off_t offset, const void *data,
                      size_t length)
{
    struct buffer *out = &s->out;
    off_t end = s->position + (off_t)buffer_used(out);

    if (s->kind != KIND_FILE || s->appending)
        return fail(s, STREAM_ERROR, ESPIPE);
    if (offset >= s->position && offset + (off_t)length <= end) {
        memcpy(out->data + out->start + (offset - s->position), data, length);
        return can_write(s);
    }
    if (!stream_flush(s))
        return false;
    ssize_t put = pwrite(s->fd, data, length, offset);
    if (put == (ssize_t)length)
        return true;
    return fail(s, STREAM_ERROR, put < 0 ? errno : ENOSPC);
}

/* ---- transports ---- */

bool stream_set_transport(struct stream *s,
                          const struct stream_transport *transport,
                          void *handle)
{
    if (!stream_flush(s))
        return false;
    close_transport(s);
    stop_napping(s);
    /* Whatever lies below: a transport has two directions and no position. */
    s->kind = KIND_SOCKET;
    s->blocking = false;
    s->transport = transport;
    s->handle = handle;
    return true;
}

void *stream_transport_handle(const struct stream *s)
{
    return s->handle;
}
