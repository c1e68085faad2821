/* SPDX-License-Identifier: ISC
 *
 * descriptor.c - descriptors that travel with the bytes of a message.
 *
 * The kernel gives a descriptor to the one recvmsg(2) that takes the first of
 * the bytes it was sent with, and throws it away at a plain read. So a stream
 * which may get one reads with recvmsg from the start, and keeps the
 * descriptor until the message is decoded.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/io.h"
#include "codec_private.h"

#define DESCRIPTORS_MAX 4 /* that wait to be taken; more are closed */

/* The handle of a stream's transport. */
struct channel {
    int received[DESCRIPTORS_MAX];
    size_t count;
    int to_send; /* borrowed: goes with the next byte; -1: none */
};

union control {
    struct cmsghdr header; /* for its alignment */
    char room[CMSG_SPACE(sizeof(int))];
};

bool ipc_has_descriptor(const struct ipc_schema *schema)
{
    for (size_t i = 0; i < schema->count; i++)
        if (schema->fields[i].kind == IPC_FD)
            return true;
    return false;
}

/* One is sent at a time; but the room for it has, by its alignment, room for
 * two. */
static void keep_descriptors(struct channel *c, struct msghdr *message)
{
    const struct cmsghdr *header = CMSG_FIRSTHDR(message);
    int fd;

    if (header == NULL || header->cmsg_level != SOL_SOCKET ||
        header->cmsg_type != SCM_RIGHTS)
        return;
    size_t size = header->cmsg_len - CMSG_LEN(0);
    for (size_t at = 0; at + sizeof fd <= size; at += sizeof fd) {
        memcpy(&fd, CMSG_DATA(header) + at, sizeof fd);
        if (c->count < DESCRIPTORS_MAX)
            c->received[c->count++] = fd;
        else
            close(fd);
    }
}

static ssize_t receive(void *handle, int fd, void *data, size_t length,
                       deadline_t until)
{
    struct iovec part = { data, length };
    union control control;

    for (;;) {
        struct msghdr message = { .msg_iov = &part,
                                  .msg_iovlen = 1,
                                  .msg_control = control.room,
                                  .msg_controllen = sizeof control.room };
        ssize_t got = recvmsg(fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);

        if (got >= 0) {
            keep_descriptors(handle, &message);
            return got;
        }
        if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)
            return -1;
        if (errno != EINTR && !io_wait(fd, IO_READ, until))
            return -1;
    }
}

/* The control part of a message with <fd>. */
static void attach(struct msghdr *message, union control *control, int fd)
{
    memset(control, 0, sizeof *control);
    message->msg_control = control->room;
    message->msg_controllen = sizeof control->room;
    struct cmsghdr *header = CMSG_FIRSTHDR(message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof fd);
    memcpy(CMSG_DATA(header), &fd, sizeof fd);
}

static ssize_t send_bytes(void *handle, int fd, const void *data, size_t length,
                          deadline_t until)
{
    struct channel *c = handle;
    struct iovec part = { (void *)(size_t)data, length };
    struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };
    union control control;

    if (c->to_send >= 0)
        attach(&message, &control, c->to_send);
    for (;;) {
        ssize_t put = sendmsg(fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);

        if (put >= 0) {
            c->to_send = -1;
            return put;
        }
        if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)
            return -1;
        if (errno != EINTR && !io_wait(fd, IO_WRITE, until))
            return -1;
    }
}

static void channel_close(void *handle, int fd)
{
    struct channel *c = handle;

    (void)fd;
    for (size_t i = 0; i < c->count; i++)
        close(c->received[i]);
    free(c);
}

static const struct stream_transport with_descriptors = {
    .read = receive,
    .write = send_bytes,
    .close = channel_close,
};

void ipc_accept_descriptors(struct stream *s)
{
    if (stream_transport_handle(s) != NULL || stream_fd(s) < 0)
        return;
    struct channel *c = mem_zalloc(sizeof *c);
    c->to_send = -1;
    if (!stream_set_transport(s, &with_descriptors, c))
        free(c);
}

int ipc_take_descriptor(struct stream *s)
{
    struct channel *c = stream_transport_handle(s);

    if (c == NULL || c->count == 0)
        return -1;
    int fd = c->received[0];
    c->count--;
    memmove(c->received, c->received + 1, c->count * sizeof *c->received);
    return fd;
}

bool ipc_write_with_descriptor(struct stream *s, const struct str *data, int fd)
{
    ipc_accept_descriptors(s);
    struct channel *c = stream_transport_handle(s);
    if (c == NULL || !stream_flush(s))
        return false;
    c->to_send = fd;
    stream_put_bytes(s, data->data, data->length);
    bool ok = stream_flush(s);
    c->to_send = -1;
    return ok;
}
