/* SPDX-License-Identifier: ISC
 *
 * stream.h - buffered bytes to and from a descriptor, with deadlines.
 *
 * Reads and writes may both be in progress; a write that cannot go on while
 * the peer waits for us to read is possible only if stream_read_while_writing
 * is set. A stream remembers its first failure: write on, ask once.
 */
#ifndef BASE_STREAM_H
#define BASE_STREAM_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/str.h"

enum stream_state {
    STREAM_OK,
    STREAM_EOF,     /* the peer has closed */
    STREAM_TIMEOUT, /* the deadline passed */
    STREAM_ERROR,   /* errno in stream_errno */
    STREAM_LIMIT,   /* a line or record was larger than allowed */
};

/* What lies under the buffers. TLS replaces it (tls/stream.h). Each returns
 * bytes moved, 0 at end of file, or -1 with errno; they wait through
 * io_wait. With the deadline 0 they do not wait: ETIMEDOUT. */
struct stream_transport {
    ssize_t (*read)(void *handle, int fd, void *data, size_t length,
                    deadline_t until);
    ssize_t (*write)(void *handle, int fd, const void *data, size_t length,
                     deadline_t until);
    /* Can bytes be read that the descriptor knows nothing of? May be NULL. */
    bool (*pending)(void *handle);
    /* Say good-bye and free the handle; the stream closes <fd>. */
    void (*close)(void *handle, int fd);
};

struct stream;

/* Takes over <fd>, which is made nonblocking, unless it is a file or one of
 * 0, 1 and 2, which other processes share. */
struct stream *stream_open(int fd);
/* The same for what the caller knows, so that the kernel need not be asked: a
 * nonblocking socket; a file that was just opened and is not for appending. */
struct stream *stream_open_socket(int fd);
struct stream *stream_open_file(int fd);
/* A stream that only writes to memory (<data> is NULL), or reads <length>
 * bytes of it (not copied: they must outlive the stream). */
struct stream *stream_open_memory(const void *data, size_t length);
/* What was written to memory; belongs to the stream. */
const struct str *stream_memory(const struct stream *s);
void stream_close(struct stream *s); /* flushes if no error; NULL allowed */
void stream_abandon(struct stream *s); /* closes without flushing */
/* The same as stream_close, for a peer of whom nothing more is to come: what
 * is unsent travels with the end of the connection, and not before it. */
void stream_close_at_once(struct stream *s);
int stream_fd(const struct stream *s);
int stream_detach(struct stream *s); /* flush, free, give back the descriptor */

/* The time limit of each single read or write of the transport, in seconds;
 * 0: none. Or one absolute deadline for all that follows (DEADLINE_NEVER: back
 * to the limit). The earlier counts. */
void stream_set_timeout(struct stream *s, int seconds);
void stream_set_deadline(struct stream *s, deadline_t until);
/* With a deadline: each <rate> bytes moved give one second more, up to the
 * timeout (smtpd_min_data_rate). 0: off. */
void stream_set_min_rate(struct stream *s, int bytes_per_second);

/* The first failure stays until stream_clear_error. EOF and LIMIT fail only
 * what reads; ERROR and TIMEOUT also what writes. */
enum stream_state stream_state(const struct stream *s);
bool stream_failed(const struct stream *s); /* anything but OK */
int stream_errno(const struct stream *s);
void stream_clear_error(struct stream *s);
const char *stream_error_text(const struct stream *s); /* for logs */

/* Bytes that were received and not read yet. */
size_t stream_buffered(const struct stream *s);
const char *stream_peek(const struct stream *s); /* stream_buffered bytes */
/* Wait for at least one byte without taking it. This and all that reads first
 * sends what is unsent, when it must ask the transport for more. */
MAY_WAIT bool stream_fill(struct stream *s);
/* Wait a moment at most. False: nothing has happened. */
MAY_WAIT bool stream_fill_soon(struct stream *s);
/* Take <length> of them without a look. */
void stream_skip(struct stream *s, size_t length);
/* Throw away what was received and not read (STARTTLS). */
void stream_drop_input(struct stream *s);

/* One byte; -1 at failure. */
MAY_WAIT int stream_get_char(struct stream *s);
/* Exactly <length> bytes, or false. */
MAY_WAIT bool stream_get_bytes(struct stream *s, void *data, size_t length);
/* At most <length>, at least one; 0 at failure. */
MAY_WAIT size_t stream_get_some(struct stream *s, void *data, size_t length);
/* Set <out> to what comes before <delimiter>, which is dropped; at most <max>
 * bytes, else state LIMIT with <max> bytes in <out> and the rest unread. At
 * EOF, <out> has the bytes that no delimiter followed. */
MAY_WAIT bool stream_get_until(struct stream *s, int delimiter, size_t max,
                               struct str *out);

/* Into the buffer; what does not fit is sent. A failure shows in the state. */
MAY_WAIT void stream_put_bytes(struct stream *s, const void *data,
                               size_t length);
MAY_WAIT void stream_put(struct stream *s, const char *text);
MAY_WAIT void stream_put_char(struct stream *s, int c);
MAY_WAIT void stream_putf(struct stream *s, const char *format, ...)
    PRINTF_LIKE(2, 3);
MAY_WAIT void stream_vputf(struct stream *s, const char *format, va_list args);
MAY_WAIT bool stream_flush(struct stream *s); /* false: failed */
/* While a write waits, take input into the buffer, at most <max> bytes. */
void stream_read_while_writing(struct stream *s, size_t max);

/* Regular files: flush, then fsync. */
bool stream_sync(struct stream *s);
/* Of the next byte to read or write. */
off_t stream_tell(const struct stream *s);
/* Files and memory only. False: failed, or there is no such position. */
bool stream_seek(struct stream *s, off_t offset);
/* Replace bytes that were written before; where the stream stands does not
 * change. Costs nothing while they have not left the buffer. */
bool stream_overwrite(struct stream *s, off_t offset, const void *data,
                      size_t length);

/* Turn to another transport in place (TLS); flushes first. <handle> is closed
 * by transport->close. */
bool stream_set_transport(struct stream *s,
                          const struct stream_transport *transport,
                          void *handle);
void *stream_transport_handle(const struct stream *s); /* NULL: plain */

#endif
