/* SPDX-License-Identifier: ISC
 *
 * client.c - what the clients of services share: settings and connections.
 */
#include "client/client.h"

#include <stddef.h>

static struct client_setup settings = {
    .ipc_timeout_s = 3600, .ipc_idle_s = 5, .ipc_ttl_s = 1000,
    .rewrite_service = "rewrite", .bounce_service = "bounce",
    .defer_service = "defer", .trace_service = "trace",
    .cleanup_service = "cleanup", .flush_service = "flush",
    .verify_service = "verify", .anvil_service = "anvil",
    .scache_service = "scache", .tlsmgr_service = "tlsmgr",
    .log_resolution = 2,
};

void client_set_up(const struct client_setup *setup)
{
    settings = *setup;
}

const struct client_setup *client_setup(void)
{
    return &settings;
}

struct ipc_pool *client_pool(struct ipc_pool **slot, const char *class_name,
                             const char *service)
{
    if (*slot == NULL)
        *slot = ipc_pool_new(class_name, service, settings.ipc_timeout_s,
                             settings.ipc_idle_s, settings.ipc_ttl_s);
    return *slot;
}

bool client_exchange(struct ipc_pool *pool, struct arena *arena,
                     const char *request_name,
                     const struct ipc_schema *request_schema,
                     const void *request,
                     const struct ipc_schema *reply_schema, void *reply,
                     struct error *why)
{
    struct ipc_client *client = ipc_pool_take(pool);
    bool ok = ipc_exchange(client, arena, request_name, request_schema,
                           request, reply_schema, reply, why);

    ipc_pool_give_back(pool, client);
    return ok;
}
