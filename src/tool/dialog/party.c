/* SPDX-License-Identifier: ISC
 *
 * party.c - connections, and what is said on them.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/file.h"
#include "base/io.h"
#include "base/proc.h"
#include "base/sock.h"
#include "dialog.h"

enum { LINE_MAX_BYTES = 1 << 20, FIRST_PORT = 20000, PORTS = 12000 };

struct party *party_named(struct dialog *d, const char *name)
{
    for (size_t i = 0; i < d->parties.count; i++)
        if (strcmp(d->parties.items[i]->name, name) == 0)
            return d->parties.items[i];
    struct party *p = mem_zalloc(sizeof *p);

    p->name = mem_strdup(name);
    p->listener = -1;
    ARRAY_ADD(&d->parties, p);
    return p;
}

void party_hang_up(struct party *p)
{
    if (p->stream != NULL)
        stream_abandon(p->stream);
    p->stream = NULL;
}

void party_free(struct party *p)
{
    party_hang_up(p);
    if (p->listener >= 0)
        close(p->listener);
    free(p->name);
    free(p);
}

static struct sockaddr_in loopback(int port)
{
    return (struct sockaddr_in){ .sin_family = AF_INET,
                                 .sin_port = htons((uint16_t)port),
                                 .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
}

static int bound_socket(int port)
{
    struct sockaddr_in address = loopback(port);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int on = 1;

    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, (struct sockaddr *)&address, sizeof address) == 0 &&
        listen(fd, 100) == 0)
        return fd;
    close(fd);
    return -1;
}

/* Below the ports that the kernel gives to clients, so that none of them
 * takes it before it is used. */
static int any_bound_socket(int *port)
{
    int fd;

    do {
        *port = FIRST_PORT + (int)(random() % PORTS);
    } while ((fd = bound_socket(*port)) < 0);
    return fd;
}

int free_port(void)
{
    int port;

    close(any_bound_socket(&port));
    return port;
}

static void take_over(struct party *p, int fd, bool is_server)
{
    party_hang_up(p);
    p->stream = stream_open(fd);
    p->is_server = is_server;
}

bool party_connect(struct dialog *d, struct party *p, const char *port,
                   struct error *why)
{
    struct sockaddr_in to = loopback(atoi(port));
    deadline_t until = deadline_in_s(d->timeout_s);

    do {
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

        if (connect(fd, (struct sockaddr *)&to, sizeof to) == 0) {
            take_over(p, fd, false);
            return true;
        }
        close(fd);
        usleep(50000);
    } while (clock_now() < until);
    return error_set(why, "nobody listens on port %s", port);
}

bool party_listen(struct dialog *d, struct party *p, struct error *why)
{
    char text[16];
    int port;

    if (p->listener >= 0)
        return error_set(why, "%s listens already", p->name);
    p->listener = any_bound_socket(&port);
    variable_set(d, p->name, text,
                 (size_t)snprintf(text, sizeof text, "%d", port));
    return true;
}

bool party_accept(struct dialog *d, struct party *p, struct error *why)
{
    if (p->listener < 0)
        return error_set(why, "%s does not listen", p->name);
    if (!io_wait(p->listener, IO_READ, deadline_in_s(d->timeout_s)))
        return error_set(why, "nobody connects to %s", p->name);
    take_over(p, accept4(p->listener, NULL, NULL, SOCK_CLOEXEC), true);
    return true;
}

bool party_spawn(struct dialog *d, struct party *p, const char *command,
                 struct error *why)
{
    const char *config = variable_get(d, "dir"), *path = getenv("PATH");
    int ends[2];

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
        return error_set(why, "socketpair failed");
    char *mail_config = mem_printf("MAIL_CONFIG=%s/etc", config);
    char *paths = mem_printf("PATH=%s/bin:%s", config, path);
    const struct proc_options options = {
        .command = command,
        .folder = config,
        .env_add = (const char *const[]){ mail_config, paths, NULL },
        .in = ends[1], .out = ends[1], .err = STDERR_FILENO,
    };
    pid_t pid = proc_start(&options, why);

    free(mail_config);
    free(paths);
    close(ends[1]);
    take_over(p, ends[0], false);
    return pid > 0;
}

bool party_send(struct dialog *d, struct party *p, const char *text,
                struct error *why)
{
    struct str line = STR_EMPTY;

    if (escapes_expand(text, &line))
        str_add(&line, p->bare_newline ? "\n" : "\r\n");
    stream_set_deadline(p->stream, deadline_in_s(d->timeout_s));
    stream_put_bytes(p->stream, line.data, line.length);
    str_fini(&line);
    if (!stream_flush(p->stream))
        return error_set(why, "%s: cannot send: %s", p->name,
                         stream_error_text(p->stream));
    return true;
}

static bool get_line(struct dialog *d, struct party *p, struct str *line,
                     const char *pattern, struct error *why)
{
    stream_set_deadline(p->stream, deadline_in_s(d->timeout_s));
    if (!stream_get_until(p->stream, '\n', LINE_MAX_BYTES, line))
        return error_set(why, "%s: wanted \"%s\", got %s%s%s", p->name,
                         pattern, stream_error_text(p->stream),
                         line->length ? " after " : "", line->data);
    if (line->length > 0 && line->data[line->length - 1] == '\r')
        str_truncate(line, line->length - 1);
    return true;
}

bool party_expect(struct dialog *d, struct party *p, const char *pattern,
                  struct error *why)
{
    struct str line = STR_EMPTY;
    bool good = get_line(d, p, &line, pattern, why);

    if (good && !pattern_matches(d, pattern, line.data))
        good = error_set(why, "%s: wanted \"%s\", got \"%s\"", p->name,
                         pattern, line.data);
    str_fini(&line);
    return good;
}

bool party_expect_skipping(struct dialog *d, struct party *p,
                           const char *pattern, struct error *why)
{
    struct str line = STR_EMPTY;
    bool good;

    do {
        good = get_line(d, p, &line, pattern, why);
    } while (good && !pattern_matches(d, pattern, line.data));
    str_fini(&line);
    return good;
}

bool party_expect_close(struct dialog *d, struct party *p, struct error *why)
{
    struct str line = STR_EMPTY;

    stream_set_deadline(p->stream, deadline_in_s(d->timeout_s));
    stream_get_until(p->stream, '\n', LINE_MAX_BYTES, &line);
    bool closed = line.length == 0 && (stream_state(p->stream) == STREAM_EOF ||
                                       stream_state(p->stream) == STREAM_ERROR);

    if (!closed)
        error_set(why, "%s: wanted the end, got \"%s\"", p->name, line.data);
    str_fini(&line);
    party_hang_up(p);
    return closed;
}
