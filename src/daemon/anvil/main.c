/* SPDX-License-Identifier: ISC
 *
 * main.c - anvil: counts connections and requests of SMTP clients.
 *
 * A client process that goes away without a word takes its connections with
 * it. A process with many sessions may have several streams, and tell of the
 * end of a session by another one than of its beginning: what a process has
 * opened is closed with its last stream.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/fiber.h"
#include "base/log.h"
#include "base/str.h"
#include "counters.h"
#include "ipc/codec.h"
#include "ipc/dispatch.h"
#include "service/service.h"

enum { SWEEP_S = 10 };

static struct counters counters;

/* The connections that one smtpd process has told us of. */
struct anvil_client {
    char *key;         /* owned; its process ID */
    int streams;
    struct hash *open; /* ident -> number of connections */
};
static struct hash *clients; /* by process ID */

static void client_note(struct anvil_client *client, const char *ident,
                        intptr_t change)
{
    intptr_t now = (intptr_t)hash_get(client->open, ident) + change;

    if (now > 0)
        hash_put(client->open, ident, (void *)now);
    else
        hash_remove(client->open, ident);
}

static bool answer(struct stream *s, const struct anvil_reply *reply)
{
    return ipc_send(s, anvil_reply, reply);
}

static bool serve_connect(struct stream *s, struct arena *arena,
                          const void *request, void *context)
{
    const struct anvil_request *q = request;
    struct anvil_reply reply;

    (void)arena;
    counters_add(&counters, q->ident, COUNT_CONNECT, &reply);
    client_note(context, q->ident, 1);
    return answer(s, &reply);
}

static bool serve_disconnect(struct stream *s, struct arena *arena,
                             const void *request, void *context)
{
    const struct anvil_request *q = request;
    struct anvil_reply reply = { .status = 0 };

    (void)arena;
    counters_close(&counters, q->ident);
    client_note(context, q->ident, -1);
    return answer(s, &reply);
}

static bool serve_lookup(struct stream *s, struct arena *arena,
                         const void *request, void *context)
{
    const struct anvil_request *q = request;
    struct anvil_reply reply;

    (void)arena, (void)context;
    counters_look(&counters, q->ident, &reply);
    return answer(s, &reply);
}

#define SERVE_COUNT(name, kind)                                           \
    static bool serve_##name(struct stream *s, struct arena *arena,      \
                             const void *request, void *context)         \
    {                                                                     \
        const struct anvil_request *q = request;                          \
        struct anvil_reply reply;                                         \
                                                                          \
        (void)arena, (void)context;                                       \
        counters_add(&counters, q->ident, kind, &reply);                  \
        return answer(s, &reply);                                         \
    }
SERVE_COUNT(message, COUNT_MAIL)
SERVE_COUNT(recipient, COUNT_RECIPIENT)
SERVE_COUNT(newtls, COUNT_NEWTLS)
SERVE_COUNT(auth, COUNT_AUTH)

static const struct dispatch_row requests[] = {
    { "connect", &anvil_request_schema, serve_connect },
    { "disconnect", &anvil_request_schema, serve_disconnect },
    { "message", &anvil_request_schema, serve_message },
    { "recipient", &anvil_request_schema, serve_recipient },
    { "newtls", &anvil_request_schema, serve_newtls },
    { "auth", &anvil_request_schema, serve_auth },
    { "lookup", &anvil_request_schema, serve_lookup },
};

/* The kernel knows who has connected. */
static struct anvil_client *client_enter(struct stream *s)
{
    struct ucred peer = { .pid = 0 };
    socklen_t length = sizeof peer;
    char key[32];

    if (getsockopt(stream_fd(s), SOL_SOCKET, SO_PEERCRED, &peer, &length) != 0)
        log_warning("ask for the process ID of a client: %m");
    snprintf(key, sizeof key, "%ld", (long)peer.pid);
    struct anvil_client *client = hash_get(clients, key);
    if (client == NULL) {
        client = mem_zalloc(sizeof *client);
        client->key = mem_strdup(key);
        client->open = hash_new();
        hash_put(clients, key, client);
    }
    client->streams++;
    return client;
}

static void close_all(struct anvil_client *client)
{
    size_t position = 0;
    const char *ident;
    void *number;

    while (hash_next(client->open, &position, &ident, &number))
        for (intptr_t i = (intptr_t)number; i > 0; i--)
            counters_close(&counters, ident);
    hash_free(client->open, NULL);
}

static void client_leave(struct anvil_client *client)
{
    if (--client->streams > 0)
        return;
    close_all(client);
    hash_remove(clients, client->key);
    free(client->key);
    free(client);
}

/* However long a client says nothing: it may have sessions. */
static void serve(struct service_client *client)
{
    struct anvil_client *mine = client_enter(client->stream);

    dispatch_serve(client->stream, requests,
                   sizeof requests / sizeof *requests, 0,
                   common_params.ipc_timeout, mine);
    client_leave(mine);
}

static void start(void)
{
    clients = hash_new();
    counters_init(&counters, anvil_params.anvil_rate_time_unit);
}

static void background(void)
{
    deadline_t report_at =
        deadline_in_s(anvil_params.anvil_status_update_time);

    for (;;) {
        deadline_t sweep_at = deadline_in_s(SWEEP_S);
        fiber_sleep_until(sweep_at < report_at ? sweep_at : report_at);
        counters_sweep(&counters);
        if (clock_now() < report_at)
            continue;
        counters_report(&counters);
        report_at = deadline_in_s(anvil_params.anvil_status_update_time);
    }
}

static void leaving(void)
{
    counters_report(&counters);
}

static const struct param_group *const groups[] = {
    &anvil_param_group, NULL,
};

static const struct service anvil = {
    .name = "anvil",
    .groups = groups,
    .kind = SERVICE_STREAM,
    .sessions = SERVICE_MANY,
    .flags = SERVICE_SOLITARY,
    .serve = serve,
    .after_jail = start,
    .background = background,
    .leaving = leaving,
};

int main(int argc, char **argv)
{
    return service_main(&anvil, argc, argv);
}
