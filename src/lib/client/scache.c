/* SPDX-License-Identifier: ISC
 *
 * scache.c - keeping open sessions for others to use.
 */
#include "client/scache.h"

#include <unistd.h>

#include "base/clock.h"
#include "base/str.h"
#include "client/client.h"
#include "ipc/codec.h"

enum { LEAVE_ALONE_S = 60 };

static struct ipc_pool *scache_pool;
static deadline_t left_alone_until;

static struct ipc_pool *the_pool(int timeout_s)
{
    const struct client_setup *setup = client_setup();

    if (clock_now() < left_alone_until)
        return NULL;
    if (scache_pool == NULL)
        scache_pool = ipc_pool_new("private", setup->scache_service, timeout_s,
                                   setup->ipc_idle_s, setup->ipc_ttl_s);
    return scache_pool;
}

/* Doing without is always possible. */
static bool note(bool ok)
{
    if (!ok)
        left_alone_until = deadline_in_s(LEAVE_ALONE_S);
    return ok;
}

bool scache_put(const char *site, const char *server, int ttl_s,
                const struct scache_session *session, int connection,
                int timeout_s)
{
    struct ipc_pool *pool = the_pool(timeout_s);
    struct stream *encoded = stream_open_memory(NULL, 0);
    struct arena *arena = arena_new();
    struct status_reply reply;
    bool ok = false;

    ipc_send(encoded, scache_session, session);
    const struct str *bytes = stream_memory(encoded);
    struct scache_save q = {
        .site = site,
        .server = server,
        .ttl_s = ttl_s,
        .session = { (const unsigned char *)bytes->data, bytes->length },
        .connection = connection,
    };
    if (pool != NULL)
        ok = note(client_call(pool, arena, "save", scache_save, &q,
                              status_reply, &reply, NULL)) &&
             reply.status == 0;
    arena_free(arena);
    stream_close(encoded);
    return ok;
}

static bool decode(struct arena *arena, const struct ipc_bytes *bytes,
                   struct scache_session *session)
{
    struct stream *in = stream_open_memory(bytes->data, bytes->length);
    bool ok = ipc_receive(in, arena, scache_session, session);

    stream_close(in);
    return ok;
}

int scache_take(struct arena *arena, enum scache_label kind, const char *label,
                struct scache_session *session, int timeout_s)
{
    struct ipc_pool *pool = the_pool(timeout_s);
    struct scache_find q = { label };
    struct scache_found found;

    if (pool == NULL ||
        !note(client_call(pool, arena,
                          kind == SCACHE_SITE ? "find_site" : "find_server",
                          scache_find, &q, scache_found, &found, NULL)))
        return -1;
    if (found.connection < 0)
        return -1;
    if (found.status == 0 && decode(arena, &found.session, session))
        return found.connection;
    close(found.connection);
    return -1;
}
