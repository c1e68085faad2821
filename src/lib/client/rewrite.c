/* SPDX-License-Identifier: ISC
 *
 * rewrite.c - addresses to standard form, by the rewrite service.
 */
#include "client/rewrite.h"

#include <string.h>

#include "answer_cache.h"
#include "base/fatal.h"
#include "base/str.h"
#include "client/client.h"
#include "ipc/messages/rewrite.h"
#include "mail/address.h"

enum { REMEMBER_S = 30, REMEMBER_COUNT = 500, RETRY_MS = 1000 };

static const char *const context_names[] = {
    [REWRITE_LOCAL] = "local",
    [REWRITE_REMOTE] = "remote",
    [REWRITE_NONE] = "invalid",
};

const char *rewrite_context_name(enum rewrite_context context)
{
    return context_names[context];
}

enum rewrite_context rewrite_context_parse(const char *name)
{
    if (strcmp(name, context_names[REWRITE_LOCAL]) == 0)
        return REWRITE_LOCAL;
    if (strcmp(name, context_names[REWRITE_REMOTE]) == 0)
        return REWRITE_REMOTE;
    return REWRITE_NONE;
}

static struct ipc_pool *rewrite_pool;
static struct answer_cache rewrite_cache = {
    .limit = REMEMBER_COUNT, .ttl_s = REMEMBER_S
};

static const char *ask(struct arena *arena, enum rewrite_context context,
                       enum rewrite_routing routing, const char *address)
{
    struct ipc_pool *pool = client_pool(&rewrite_pool, "private",
                                        client_setup()->rewrite_service);
    struct rewrite_request request = { context_names[context], address,
                                       (int64_t)routing };
    deadline_t until = ipc_call_deadline(client_setup()->ipc_timeout_s);
    struct rewrite_reply reply;

    while (client_call(pool, arena, "rewrite", rewrite_request, &request,
                       rewrite_reply, &reply, NULL)) {
        if (reply.status == 0)
            return reply.address;
        if (clock_now() >= until)
            return NULL;
        clock_sleep_ms(RETRY_MS);
    }
    return NULL;
}

static const char *try(struct arena *arena, enum rewrite_context context,
                       enum rewrite_routing routing, const char *address)
{
    if (context == REWRITE_NONE || *address == '\0')
        return address;
    /* Lists are long, and nearly all that they have is. */
    if (address_is_standard(address))
        return arena_strdup(arena, address);

    const char *key = arena_printf(arena, "%s %d %s", context_names[context],
                                   (int)routing, address);
    size_t length;
    const char *known = answer_cache_get(&rewrite_cache, key, &length);
    if (known != NULL)
        return arena_strndup(arena, known, length);

    const char *answer = ask(arena, context, routing, address);
    if (answer != NULL)
        answer_cache_put(&rewrite_cache, key, answer, strlen(answer));
    return answer;
}

const char *rewrite_try(struct arena *arena, enum rewrite_context context,
                        const char *address)
{
    return try(arena, context, ROUTING_UNQUOTED, address);
}

const char *rewrite_parsed(struct arena *arena, enum rewrite_context context,
                           enum rewrite_routing routing, const char *address)
{
    const char *answer = try(arena, context, routing, address);

    if (answer == NULL)
        fatal("cannot get an answer from the %s service; is the mail system "
              "running?",
              client_setup()->rewrite_service);
    return answer;
}

const char *rewrite_internal(struct arena *arena, enum rewrite_context context,
                             const char *address)
{
    return rewrite_parsed(arena, context, ROUTING_UNQUOTED, address);
}
