/* SPDX-License-Identifier: ISC
 *
 * stream.c - reading and writing through buffers, and positions.
 *
 * What is called for each byte, line or record stands here in one unit, and
 * leaves it only for a buffer that is full or empty.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/format.h"
#include "base/io.h"
#include "stream_private.h"

#define OUTPUT_SIZE_MIN 4096
#define OUTPUT_SIZE_MAX 32768

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

/* ---- writing ---- */

static bool write_all(struct stream *s, const char *data, size_t length)
{
    s->writing = true;
    while (length > 0) {
        ssize_t put = stream_write_waiting(s, data, length);

        if (put <= 0) {
            if (put == 0)
                errno = EPIPE;
            fail_errno(s);
            break;
        }
        stream_count_moved(s, (size_t)put);
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
        if (out->end == out->capacity &&
            !stream_make_room(out, OUTPUT_SIZE_MIN, OUTPUT_SIZE_MAX)) {
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
    int length = format_vtext(text, sizeof text, format, args);
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
        stream_count_moved(s, (size_t)got);
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
    ssize_t got = stream_read_waiting(s, data, length);

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
    if (s->transport != NULL && s->transport->pending != NULL &&
        s->transport->pending(s->handle))
        return true;
    if (!stream_may_nap(s))
        return stream_wait_for_input(s, deadline_in_ms(NAP_MS));
    stream_prepare_input(s);
    ssize_t got = stream_read_napping(s, s->in.data, s->in.capacity);
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
