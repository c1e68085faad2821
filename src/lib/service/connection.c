/* SPDX-License-Identifier: ISC
 *
 * connection.c - one client of a service, from accept to close.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/fatal.h"
#include "base/io.h"
#include "base/log.h"
#include "base/sock.h"
#include "config/params.h"
#include "ipc/call.h"
#include "ipc/codec.h"
#include "ipc/messages/pass.h"
#include "service_private.h"

#define TRIGGER_MAX       4096 /* not less: a stream would read ahead */
#define TRIGGER_TIMEOUT_S 10
#define DATAGRAM_MAX      16384
#define DATAGRAMS         16 /* a system call */

enum accept_result connection_accept(int listener, int *fd)
{
    *fd = sock_accept(listener, NULL);
    if (*fd >= 0)
        return ACCEPT_DONE;
    if (errno == EAGAIN || errno == EWOULDBLOCK)
        return ACCEPT_NOBODY;
    bool is_ours = errno == EMFILE;
    log_warning("accept connection: %m");
    return is_ours ? ACCEPT_NO_DESCRIPTOR : ACCEPT_SHORTAGE;
}

/* ---- streams ---- */

static void serve_stream(struct process *p, struct service_client *client)
{
    client->service_name = p->name;
    if (!client->is_inet)
        stream_set_timeout(client->stream, common_params.ipc_timeout);
    p->service->serve(client);
    if (client->is_inet)
        stream_close_at_once(client->stream);
    else
        stream_close(client->stream);
}

/* The attributes as "name", "value", ..., NULL. */
static const char *const *list_attributes(struct arena *arena,
                                          const struct ipc_list *list)
{
    const struct pass_attribute *items = IPC_ITEMS(pass_attribute, *list);
    const char **texts = arena_array(arena, list->count * 2 + 1, sizeof *texts);

    for (size_t i = 0; i < list->count; i++) {
        texts[2 * i] = items[i].name;
        texts[2 * i + 1] = items[i].value;
    }
    texts[2 * list->count] = NULL;
    return texts;
}

/* <fd> leads to the server that accepted the client for us. */
static void serve_passed(struct process *p, int fd)
{
    struct arena *arena = arena_new();
    struct pass_connection message;
    struct stream *from = stream_open(fd);

    stream_set_timeout(from, common_params.ipc_timeout);
    bool ok = ipc_receive(from, arena, pass_connection, &message) &&
              message.connection >= 0;
    stream_close(from);
    if (ok) {
        struct service_client client = {
            .stream = stream_open(message.connection),
            .is_inet = true,
            .is_pass = true,
            .pass_attributes = list_attributes(arena, &message.attributes),
        };
        serve_stream(p, &client);
    } else {
        log_warning("service %s: cannot receive a passed connection", p->name);
    }
    arena_free(arena);
}

void connection_serve(struct process *p, int fd)
{
    if (p->type == MASTER_PASS) {
        serve_passed(p, fd);
        return;
    }
    struct service_client client = { .stream = stream_open_socket(fd),
                                     .is_inet = p->type == MASTER_INET };
    serve_stream(p, &client);
}

/* ---- standard input and output as one stream ---- */

static ssize_t read_input(void *handle, int fd, void *data, size_t length,
                          deadline_t until)
{
    (void)handle;
    if (!io_wait(fd, IO_READ, until))
        return -1;
    return read(fd, data, length);
}

static ssize_t write_output(void *handle, int fd, const void *data,
                            size_t length, deadline_t until)
{
    (void)handle;
    (void)fd;
    if (!io_wait(STDOUT_FILENO, IO_WRITE, until))
        return -1;
    return write(STDOUT_FILENO, data, length);
}

void connection_serve_standalone(struct process *p)
{
    static const struct stream_transport standard = { .read = read_input,
                                                      .write = write_output };
    struct service_client client = { .stream = stream_open(STDIN_FILENO),
                                     .is_standalone = true };

    stream_set_transport(client.stream, &standard, p);
    serve_stream(p, &client);
}

/* ---- triggers and datagrams ---- */

void connection_take_trigger(struct process *p, int fd, bool may_keep)
{
    char bytes[TRIGGER_MAX];
    struct stream *s = stream_open_socket(fd);

    stream_set_timeout(s, TRIGGER_TIMEOUT_S);
    size_t got = stream_get_some(s, bytes, sizeof bytes);
    if (may_keep && got > 0 && bytes[0] == IPC_TRIGGER_KEEP) {
        kept_trigger_open(p, stream_detach(s), bytes + 1, got - 1);
        return;
    }
    stream_abandon(s);
    if (got > 0)
        p->service->triggered(bytes, got);
}

void connection_take_fifo(struct process *p, int listener)
{
    char bytes[TRIGGER_MAX];
    ssize_t got = read(listener, bytes, sizeof bytes);

    if (got > 0)
        p->service->triggered(bytes, (size_t)got);
}

void connection_take_datagrams(struct process *p, int listener)
{
    static char data[DATAGRAMS][DATAGRAM_MAX];
    struct iovec parts[DATAGRAMS];
    struct mmsghdr messages[DATAGRAMS] = { 0 };
    int got;

    for (int i = 0; i < DATAGRAMS; i++) {
        parts[i] = (struct iovec){ data[i], sizeof data[i] };
        messages[i].msg_hdr.msg_iov = &parts[i];
        messages[i].msg_hdr.msg_iovlen = 1;
    }
    do {
        got = recvmmsg(listener, messages, DATAGRAMS, MSG_DONTWAIT, NULL);
        for (int i = 0; i < got; i++)
            p->service->datagram(data[i], messages[i].msg_len);
    } while (got == DATAGRAMS);
    int reason = errno;
    if (p->service->no_more_datagrams != NULL)
        p->service->no_more_datagrams();
    errno = reason;
    if (got < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)
        fatal("receive datagram: %m");
}
