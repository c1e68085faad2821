/* SPDX-License-Identifier: ISC
 *
 * remote.c - a connection to a table server that is kept for a while.
 */

#include "remote.h"

#include <netdb.h>
#include <stdlib.h>
#include <string.h>

#include "base/io.h"
#include "base/sock.h"
#include "base/text.h"

struct remote {
    char *where; /* owned; without "inet:" or "unix:" */
    bool is_unix;
    char *host, *port;   /* in host_and_port */
    char *host_and_port; /* owned */
    int timeout_s, idle_s, life_s;
    struct stream *stream; /* owned; NULL: not connected */
    deadline_t idle_until, life_until;
    bool is_reused;
};

static deadline_t limit(int seconds)
{
    return seconds == 0 ? DEADLINE_NEVER : deadline_in_s(seconds);
}

struct remote *remote_new(const char *where, int timeout_s, int idle_s,
                          int life_s, struct error *why)
{
    struct remote *r = mem_zalloc(sizeof(*r));
    bool good = true;

    r->timeout_s = timeout_s;
    r->idle_s = idle_s;
    r->life_s = life_s;
    r->is_unix = text_has_prefix(where, "unix:");
    if (r->is_unix || text_has_prefix(where, "inet:"))
        where += 5;
    r->where = mem_strdup(where);
    if (!r->is_unix) {
        r->host_and_port = mem_strdup(where);
        good = sock_split_hostport(r->host_and_port, &r->host, &r->port, NULL,
                                   why) &&
               *r->host != 0;
        if (!good)
            error_set(why, "bad server address: \"%s\"; need \"host:port\"",
                      where);
    }
    if (good)
        return r;
    remote_free(r);
    return NULL;
}

void remote_drop(struct remote *r)
{
    if (r->stream != NULL)
        stream_abandon(r->stream);
    r->stream = NULL;
}

void remote_free(struct remote *r)
{
    if (r == NULL)
        return;
    remote_drop(r);
    free(r->host_and_port);
    free(r->where);
    free(r);
}

bool remote_is_reused(const struct remote *r)
{
    return r->is_reused;
}

struct resolution {
    const char *host, *port;
    struct addrinfo *list;
    int failure;
};

/* Blocks in the resolver. */
static void resolve(void *argument)
{
    struct resolution *r = argument;
    const struct addrinfo hints = { .ai_socktype = SOCK_STREAM };

    r->failure = getaddrinfo(r->host, r->port, &hints, &r->list);
}

static int connect_inet(const struct remote *r, struct error *why)
{
    struct resolution resolution = { .host = r->host, .port = r->port };
    deadline_t until = limit(r->timeout_s);
    int fd = -1;

    offload(resolve, &resolution);
    if (resolution.failure != 0) {
        error_set(why, "%s: %s", r->where, gai_strerror(resolution.failure));
        return -1;
    }
    for (struct addrinfo *a = resolution.list; a != NULL && fd < 0;
         a = a->ai_next) {
        struct addr to = { .length = a->ai_addrlen };
        memcpy(&to.storage, a->ai_addr, a->ai_addrlen);
        fd = sock_connect(&to, NULL, until, why);
    }
    freeaddrinfo(resolution.list);
    return fd;
}

struct stream *remote_stream(struct remote *r, struct error *why)
{
    deadline_t now = clock_now();

    /* Input that nobody asked for is the server's farewell. */
    if (r->stream != NULL && (now >= r->idle_until || now >= r->life_until ||
                              io_wait(stream_fd(r->stream), IO_READ, 0)))
        remote_drop(r);
    r->is_reused = r->stream != NULL;
    if (r->stream == NULL) {
        int fd = r->is_unix
                     ? sock_connect_unix(r->where, limit(r->timeout_s), why)
                     : connect_inet(r, why);
        if (fd < 0) {
            error_prefix(why, "connect to %s", r->where);
            return NULL;
        }
        r->stream = stream_open(fd);
        r->life_until = limit(r->life_s);
    }
    r->idle_until = limit(r->idle_s);
    /* For the whole of a request and its reply, however slow they come. */
    stream_set_deadline(r->stream, limit(r->timeout_s));
    return r->stream;
}
