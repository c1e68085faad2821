/* SPDX-License-Identifier: ISC
 *
 * main.c - anvil: counts connections and requests of SMTP clients.
 *
 * A client process that goes away without a word takes its connections with
 * it: what was opened over one stream is closed with the stream.
 */
#include <stdlib.h>
#include <string.h>

#include "base/fiber.h"
#include "base/str.h"
#include "counters.h"
#include "ipc/codec.h"
#include "ipc/dispatch.h"
#include "service/service.h"

enum { SWEEP_S = 10 };

static struct counters counters;

/* The connection that one smtpd process has told us of, per stream. */
struct anvil_client {
    struct hash *open; /* ident -> number of connections */
};

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

static void serve(struct service_client *client)
{
    struct anvil_client mine = { .open = hash_new() };

    dispatch_serve(client->stream, requests,
                   sizeof requests / sizeof *requests, common_params.ipc_ttl,
                   common_params.ipc_timeout, &mine);
    close_all(&mine);
}

static void start(void)
{
    counters_init(&counters, anvil_params.anvil_rate_time_unit);
}

static void background(void)
{
    deadline_t report_at =
        deadline_in_s(anvil_params.anvil_status_update_time);

    for (;;) {
        fiber_sleep_until(deadline_in_s(SWEEP_S));
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
