/* SPDX-License-Identifier: ISC
 *
 * stream_private.h - what the parts of a stream share.
 *
 * stream_open.c makes and frees it, stream.c fills and empties its buffers,
 * stream_io.c moves bytes between a buffer and what lies below, and waits.
 */
#ifndef BASE_STREAM_PRIVATE_H
#define BASE_STREAM_PRIVATE_H

#include "base/stream.h"

#define INPUT_SIZE 4096
#define NAP_MS     50 /* how long the kernel may wait in a read */

enum kind { KIND_SOCKET, KIND_FILE, KIND_MEMORY_READ, KIND_MEMORY_WRITE };

struct buffer {
    char *data; /* owned, but for KIND_MEMORY_READ; NULL until first used */
    size_t start, end, capacity;
};

struct stream {
    int fd; /* owned; -1: memory */
    enum kind kind;
    bool blocking;       /* KIND_SOCKET: ask before each read or write */
    bool is_socket;      /* KIND_SOCKET: and certainly no pipe */
    bool naps;           /* the kernel waits up to NAP_MS in a read */
    bool is_regular;     /* KIND_FILE: and certainly no device */
    bool at_end;         /* a regular file had less than was asked for */
    bool appending;      /* KIND_FILE: each write goes to the end */
    bool has_sent;       /* and not read since */
    bool writing;        /* a fiber is sending the output buffer */
    bool is_ending;      /* nothing follows what is sent now but the end */
    bool input_was_full; /* the last read into the buffer filled it */
    enum stream_state state;
    int error;
    struct buffer in, out;
    struct str memory;                        /* KIND_MEMORY_WRITE */
    const struct stream_transport *transport; /* borrowed; NULL: plain */
    void *handle;                             /* owned by the transport */
    int timeout_s, min_rate;
    deadline_t deadline;
    struct io_watch *watch;    /* owned; left from waiting for input */
    size_t moved_bytes;        /* since min_rate was last accounted */
    size_t read_while_writing; /* bytes of input to accept; 0: off */
    off_t position;            /* KIND_FILE: behind the input buffer, or before
                                  the output buffer */
    off_t kernel_position;     /* KIND_FILE: where write(2) would write */
};

static inline size_t buffer_used(const struct buffer *b)
{
    return b->end - b->start;
}

/* Make room for at least one byte behind the end, up to <max> in all; a new
 * buffer has <first>. False if <max> bytes are in it. */
bool stream_make_room(struct buffer *b, size_t first, size_t max);
/* Make or enlarge the input buffer, which is empty. */
void stream_prepare_input(struct stream *s);

/* Read into <data>, or if that is NULL into the empty input buffer, or write,
 * at most <length> bytes. Returns bytes moved, 0 at end of file, or -1 with
 * errno, which is ETIMEDOUT if the time limit passed. */
MAY_WAIT ssize_t stream_read_waiting(struct stream *s, void *data,
                                     size_t length);
MAY_WAIT ssize_t stream_write_waiting(struct stream *s, const void *data,
                                      size_t length);
/* Wait for input; also when nothing is known of the reading to come. */
MAY_WAIT bool stream_wait_for_input(struct stream *s, deadline_t until);
/* That many bytes were moved: stream_set_min_rate gives time for them. */
void stream_count_moved(struct stream *s, size_t bytes);

/* May the kernel wait in a read of this stream, for NAP_MS? */
bool stream_may_nap(struct stream *s);
/* Read, or wait a moment at most: then -1 with errno EAGAIN. */
MAY_WAIT ssize_t stream_read_napping(struct stream *s, void *data,
                                     size_t length);
/* Others expect a socket that does not block. */
void stream_stop_napping(struct stream *s);

#endif
