/* SPDX-License-Identifier: ISC
 *
 * resolve.c - where a recipient goes, by the rewrite service.
 */
#include "client/resolve.h"

#include <string.h>

#include "answer_cache.h"
#include "base/str.h"
#include "client/client.h"

enum { REMEMBER_S = 5, REMEMBER_COUNT = 1000 };

static struct ipc_pool *resolve_pool;
static struct answer_cache resolve_cache = {
    .limit = REMEMBER_COUNT, .ttl_s = REMEMBER_S
};

/* The answer as flags and three NUL-terminated texts in a row. */
static void remember(const char *key, const struct resolve_reply *reply)
{
    struct str packed = STR_EMPTY;
    int64_t flags = reply->flags;

    str_add_bytes(&packed, &flags, sizeof flags);
    str_add_bytes(&packed, reply->transport, strlen(reply->transport) + 1);
    str_add_bytes(&packed, reply->nexthop, strlen(reply->nexthop) + 1);
    str_add_bytes(&packed, reply->recipient, strlen(reply->recipient) + 1);
    answer_cache_put(&resolve_cache, key, packed.data, packed.length);
    str_fini(&packed);
}

static bool recall(struct arena *arena, const char *key,
                   struct resolve_reply *reply)
{
    size_t length;
    const void *known = answer_cache_get(&resolve_cache, key, &length);
    if (known == NULL)
        return false;

    const char *packed = arena_memdup(arena, known, length);
    memcpy(&reply->flags, packed, sizeof reply->flags);
    reply->transport = packed + sizeof reply->flags;
    reply->nexthop = reply->transport + strlen(reply->transport) + 1;
    reply->recipient = reply->nexthop + strlen(reply->nexthop) + 1;
    return true;
}

static void ask(struct arena *arena, const char *how, const char *sender,
                const char *address, struct resolve_reply *reply)
{
    struct ipc_pool *pool = client_pool(&resolve_pool, "private",
                                        client_setup()->rewrite_service);
    struct resolve_request request = { sender, address };

    if (!client_call(pool, arena, how, resolve_request, &request,
                     resolve_reply, reply, NULL))
        *reply = (struct resolve_reply){ .flags = RESOLVE_FAILED,
                                         .transport = "",
                                         .nexthop = "",
                                         .recipient = address };
}

static void resolve(struct arena *arena, const char *how, const char *sender,
                    const char *address, struct resolve_reply *reply)
{
    /* Neither address can contain a newline: the wire has no room for it. */
    const char *key = arena_printf(arena, "%s\n%s\n%s", how, sender, address);

    if (recall(arena, key, reply))
        return;
    ask(arena, how, sender, address, reply);
    if ((reply->flags & RESOLVE_FAILED) == 0)
        remember(key, reply);
}

void resolve_address(struct arena *arena, const char *sender,
                     const char *address, struct resolve_reply *reply)
{
    resolve(arena, "resolve", sender, address, reply);
}

void resolve_for_verify(struct arena *arena, const char *sender,
                        const char *address, struct resolve_reply *reply)
{
    resolve(arena, "verify", sender, address, reply);
}
