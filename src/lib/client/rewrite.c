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
#include "mail/quote.h"
#include "mail/token822.h"

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
                       const char *address)
{
    struct ipc_pool *pool = client_pool(&rewrite_pool, "private",
                                        client_setup()->rewrite_service);
    struct rewrite_request request = { context_names[context], address };
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

static const char *try_external(struct arena *arena,
                                enum rewrite_context context,
                                const char *address)
{
    if (*address == '\0')
        return address;
    /* Lists are long, and nearly all that they have is. */
    if (address_is_standard(address))
        return arena_strdup(arena, address);
    if (context == REWRITE_NONE)
        return token822_unquoted(
            arena, token822_scan(arena, address, strlen(address) + 1));

    const char *key =
        arena_printf(arena, "%s %s", context_names[context], address);
    size_t length;
    const char *known = answer_cache_get(&rewrite_cache, key, &length);
    if (known != NULL)
        return arena_strndup(arena, known, length);

    const char *answer = ask(arena, context, address);
    if (answer != NULL)
        answer_cache_put(&rewrite_cache, key, answer, strlen(answer));
    return answer;
}

const char *rewrite_try(struct arena *arena, enum rewrite_context context,
                        const char *address)
{
    if (context == REWRITE_NONE)
        return address;
    return try_external(arena, context, quote_822_dup(arena, address));
}

static const char *required(const char *answer)
{
    if (answer == NULL)
        fatal("cannot get an answer from the %s service; is the mail system "
              "running?",
              client_setup()->rewrite_service);
    return answer;
}

const char *rewrite_internal(struct arena *arena, enum rewrite_context context,
                             const char *address)
{
    return required(rewrite_try(arena, context, address));
}

const char *rewrite_external(struct arena *arena, enum rewrite_context context,
                             const char *address)
{
    return required(try_external(arena, context, address));
}
