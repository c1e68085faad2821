/* SPDX-License-Identifier: ISC
 *
 * services.c - the smaller services: flush, verify, anvil.
 */
#include "client/services.h"

#include "base/log.h"
#include "base/str.h"
#include "client/client.h"
#include "config/compat.h"

enum { ANVIL_TIMEOUT_S = 10 };

static struct ipc_pool *flush_pool, *verify_pool, *anvil_pool;

static int flush_call(const char *request, const char *site,
                      const char *queue_id)
{
    struct ipc_pool *pool =
        client_pool(&flush_pool, "public", client_setup()->flush_service);
    struct arena *arena = arena_new();
    struct flush_request q = { site, queue_id };
    struct status_reply reply;
    bool ok = client_call(pool, arena, request, flush_request, &q,
                          status_reply, &reply, NULL);

    arena_free(arena);
    return ok ? (int)reply.status : FLUSH_FAILED;
}

/* The site has a list only because of what relay_domains was once. */
static void log_old_default(const char *what, const char *site)
{
    if (client_setup()->old_relay_domains)
        log_info(COMPAT_LOG "relay_domains=$mydestination to %s domain \"%s\"",
                 what, site);
}

int flush_add(const char *site, const char *queue_id)
{
    log_old_default("update fast-flush logfile for", site);
    return flush_call("add", site, queue_id);
}

int flush_send_site(const char *site)
{
    int status = flush_call("send_site", site, "");

    if (status == FLUSH_OK)
        log_old_default("flush mail for", site);
    return status;
}

int flush_send_file(const char *queue_id)
{
    return flush_call("send_file", "", queue_id);
}

bool verify_query(struct arena *arena, const char *address,
                  struct verify_reply *reply)
{
    struct ipc_pool *pool =
        client_pool(&verify_pool, "private", client_setup()->verify_service);
    struct verify_request q = { .address = address, .reason = "" };

    return client_call(pool, arena, "query", verify_request, &q, verify_reply,
                       reply, NULL) &&
           reply->status == 0;
}

bool verify_update(const char *address, int recipient_status,
                   const char *reason)
{
    struct ipc_pool *pool =
        client_pool(&verify_pool, "private", client_setup()->verify_service);
    struct arena *arena = arena_new();
    struct verify_request q = { address, recipient_status, reason };
    struct verify_reply reply;
    bool ok = client_call(pool, arena, "update", verify_request, &q,
                          verify_reply, &reply, NULL) &&
              reply.status == 0;

    arena_free(arena);
    return ok;
}

bool anvil_call(const char *request, const char *service,
                const char *client_address, struct anvil_reply *reply)
{
    struct arena *arena = arena_new();
    struct anvil_request q = {
        arena_printf(arena, "%s:%s", service, client_address)
    };
    /* Never closed for being idle: anvil counts our clients as gone with it.
     * It answers from memory, and an SMTP client waits to be greeted. */
    if (anvil_pool == NULL) {
        int timeout_s = client_setup()->ipc_timeout_s;
        anvil_pool = ipc_pool_new(
            "private", client_setup()->anvil_service,
            timeout_s < ANVIL_TIMEOUT_S ? timeout_s : ANVIL_TIMEOUT_S, 0, 0);
    }
    bool ok = client_call(anvil_pool, arena, request, anvil_request, &q,
                          anvil_reply, reply, NULL) &&
              reply->status == 0;

    arena_free(arena);
    return ok;
}
