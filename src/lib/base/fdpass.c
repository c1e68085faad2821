/* SPDX-License-Identifier: ISC
 *
 * fdpass.c - a descriptor over a UNIX-domain socket.
 */
#include "base/fdpass.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/io.h"

/* A message of one byte, with room for one descriptor. */
struct parcel {
    struct msghdr message;
    struct iovec part;
    char byte;
    union {
        struct cmsghdr header; /* for its alignment */
        char room[CMSG_SPACE(sizeof(int))];
    } control;
};

static void parcel_init(struct parcel *p)
{
    memset(p, 0, sizeof *p);
    p->part.iov_base = &p->byte;
    p->part.iov_len = 1;
    p->message.msg_iov = &p->part;
    p->message.msg_iovlen = 1;
    p->message.msg_control = p->control.room;
    p->message.msg_controllen = sizeof p->control.room;
}

/* Try again after this error? */
static bool wait_after_error(int socket, enum io_event what, deadline_t until)
{
    if (errno == EINTR)
        return true;
    if (errno != EAGAIN && errno != EWOULDBLOCK)
        return false;
    return io_wait(socket, what, until);
}

bool fdpass_send(int socket, int fd, deadline_t until)
{
    struct parcel p;

    parcel_init(&p);
    struct cmsghdr *header = CMSG_FIRSTHDR(&p.message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof fd);
    memcpy(CMSG_DATA(header), &fd, sizeof fd);
    while (sendmsg(socket, &p.message, MSG_DONTWAIT | MSG_NOSIGNAL) != 1)
        if (!wait_after_error(socket, IO_WRITE, until))
            return false;
    return true;
}

int fdpass_receive(int socket, deadline_t until)
{
    struct parcel p;
    ssize_t got;
    int fd;

    for (;;) {
        parcel_init(&p);
        got = recvmsg(socket, &p.message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
        if (got >= 0)
            break;
        if (!wait_after_error(socket, IO_READ, until))
            return -1;
    }
    const struct cmsghdr *header = CMSG_FIRSTHDR(&p.message);
    if (got != 1 || header == NULL || header->cmsg_level != SOL_SOCKET ||
        header->cmsg_type != SCM_RIGHTS ||
        header->cmsg_len != CMSG_LEN(sizeof fd)) {
        errno = EPROTO;
        return -1;
    }
    memcpy(&fd, CMSG_DATA(header), sizeof fd);
    return fd;
}
