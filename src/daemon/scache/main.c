/* SPDX-License-Identifier: ISC
 *
 * main.c - scache: keeps the open sessions of SMTP clients for a few seconds,
 * so that the next message to the same place finds one.
 */
#include <unistd.h>

#include "base/fiber.h"
#include "ipc/codec.h"
#include "ipc/dispatch.h"
#include "ipc/messages/small.h"
#include "service/service.h"
#include "store.h"

enum { SWEEP_MS = 500 };

static bool serve_save(struct stream *s, struct arena *arena,
                       const void *request, void *context)
{
    const struct scache_save *q = request;
    int limit_s = scache_params.connection_cache_ttl_limit;
    int ttl_s = q->ttl_s > 0 && q->ttl_s < limit_s ? (int)q->ttl_s : limit_s;
    struct status_reply reply = { .status = q->connection < 0 };

    (void)arena, (void)context;
    if (q->connection >= 0)
        store_add(q->site, q->server, deadline_in_s(ttl_s), &q->session,
                  q->connection);
    return ipc_send(s, status_reply, &reply);
}

static bool answer(struct stream *s, struct kept_session *kept)
{
    struct scache_found reply = { .status = 1, .connection = -1 };

    if (kept != NULL) {
        reply.status = 0;
        reply.session = (struct ipc_bytes){ kept->session, kept->length };
        reply.connection = kept->connection;
    }
    bool ok = ipc_send(s, scache_found, &reply);
    if (kept != NULL)
        kept_session_free(kept);
    return ok;
}

static bool serve_find_site(struct stream *s, struct arena *arena,
                            const void *request, void *context)
{
    const struct scache_find *q = request;

    (void)arena, (void)context;
    return answer(s, store_take_site(q->label));
}

static bool serve_find_server(struct stream *s, struct arena *arena,
                              const void *request, void *context)
{
    const struct scache_find *q = request;

    (void)arena, (void)context;
    return answer(s, store_take_server(q->label));
}

static const struct dispatch_row requests[] = {
    { "save", &scache_save_schema, serve_save },
    { "find_site", &scache_find_schema, serve_find_site },
    { "find_server", &scache_find_schema, serve_find_server },
};

static void serve(struct service_client *client)
{
    dispatch_serve(client->stream, requests, sizeof requests / sizeof *requests,
                   common_params.ipc_ttl, common_params.ipc_timeout, NULL);
}

static void background(void)
{
    int interval_s = scache_params.connection_cache_status_update_time;
    deadline_t report_at = deadline_in_s(interval_s);

    for (;;) {
        fiber_sleep_until(deadline_in_ms(SWEEP_MS));
        store_expire(clock_now());
        if (clock_now() < report_at)
            continue;
        store_report();
        report_at = deadline_in_s(interval_s);
    }
}

static const struct param_group *const groups[] = {
    &scache_param_group, NULL,
};

static const struct service scache = {
    .name = "scache",
    .groups = groups,
    .kind = SERVICE_STREAM,
    .sessions = SERVICE_MANY,
    .flags = SERVICE_SOLITARY,
    .serve = serve,
    .background = background,
    .leaving = store_report,
};

int main(int argc, char **argv)
{
    return service_main(&scache, argc, argv);
}
