/* SPDX-License-Identifier: ISC
 *
 * scache.c - keeping open sessions for others to use.
 *
 * While one delivery follows the other, the next one is in this process, and
 * the session need not go through the service.
 */
#include "client/scache.h"

#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/sock.h"
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

/* The session of the last delivery. */
static struct kept {
    struct arena *arena; /* owned, has the texts; NULL: nothing is kept */
    const char *site, *server;
    struct scache_session session;
    struct stream *stream; /* owned */
    int ttl_s, timeout_s;
} kept;

static void forget_kept(void)
{
    if (kept.arena == NULL)
        return;
    stream_abandon(kept.stream);
    arena_free(kept.arena);
    kept.arena = NULL;
}

/* Doing without is always possible. */
static bool note(bool ok)
{
    if (!ok)
        left_alone_until = deadline_in_s(LEAVE_ALONE_S);
    return ok;
}

static void give_to_service(struct kept *k)
{
    struct ipc_pool *pool = the_pool(k->timeout_s);
    struct stream *encoded = stream_open_memory(NULL, 0);
    int connection = stream_detach(k->stream);
    struct status_reply reply;

    ipc_send(encoded, scache_session, &k->session);
    const struct str *bytes = stream_memory(encoded);
    struct scache_save q = {
        .site = k->site,
        .server = k->server,
        .ttl_s = k->ttl_s,
        .session = { (const unsigned char *)bytes->data, bytes->length },
        .connection = connection,
    };
    if (pool != NULL)
        note(client_call(pool, k->arena, "save", scache_save, &q, status_reply,
                         &reply, NULL));
    close(connection);
    stream_close(encoded);
}

/* Nobody else must find it while we wait. */
void scache_share(void)
{
    struct kept mine = kept;

    if (mine.arena == NULL)
        return;
    kept = (struct kept){ .arena = NULL };
    give_to_service(&mine);
    arena_free(mine.arena);
}

void scache_put(const char *site, const char *server, int ttl_s,
                const struct scache_session *session, struct stream *stream,
                int timeout_s)
{
    scache_share();
    /* Another fiber may have put one meanwhile: it is closed when it is in
     * the way, as if the service were not there. */
    forget_kept();
    struct arena *arena = arena_new();
    kept = (struct kept){
        .arena = arena,
        .site = arena_strdup(arena, site),
        .server = arena_strdup(arena, server),
        .session = *session,
        .stream = stream,
        .ttl_s = ttl_s,
        .timeout_s = timeout_s,
    };
    kept.session.host = arena_strdup(arena, session->host);
    kept.session.address = arena_strdup(arena, session->address);
}

static bool decode(struct arena *arena, const struct ipc_bytes *bytes,
                   struct scache_session *session)
{
    struct stream *in = stream_open_memory(bytes->data, bytes->length);
    bool ok = ipc_receive(in, arena, scache_session, session);

    stream_close(in);
    return ok;
}

/* The one that is kept here, if it has that label. */
static struct stream *take_kept(struct arena *arena, enum scache_label kind,
                                const char *label,
                                struct scache_session *session)
{
    if (kept.arena == NULL ||
        strcmp(kind == SCACHE_SITE ? kept.site : kept.server, label) != 0)
        return NULL;
    *session = kept.session;
    session->host = arena_strdup(arena, kept.session.host);
    session->address = arena_strdup(arena, kept.session.address);
    arena_free(kept.arena);
    kept.arena = NULL;
    return kept.stream;
}

struct stream *scache_take(struct arena *arena, enum scache_label kind,
                           const char *label, struct scache_session *session,
                           bool *is_fresh, int timeout_s)
{
    struct stream *stream = take_kept(arena, kind, label, session);
    *is_fresh = stream != NULL && sock_is_quiet(stream_fd(stream));
    if (stream != NULL)
        return stream;

    struct ipc_pool *pool = the_pool(timeout_s);
    struct scache_find q = { label };
    struct scache_found found;

    if (pool == NULL ||
        !note(client_call(pool, arena,
                          kind == SCACHE_SITE ? "find_site" : "find_server",
                          scache_find, &q, scache_found, &found, NULL)))
        return NULL;
    if (found.connection < 0)
        return NULL;
    if (found.status == 0 && decode(arena, &found.session, session))
        return stream_open_socket(found.connection);
    close(found.connection);
    return NULL;
}
