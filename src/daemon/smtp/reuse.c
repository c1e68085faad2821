/* SPDX-License-Identifier: ISC
 *
 * reuse.c - sessions that outlive a delivery: given to the scache service,
 * where any process of this client finds them.
 *
 * The labels have everything in them that makes a session fit for one message
 * and not for another.
 */
#include <unistd.h>

#include "base/sock.h"
#include "client/scache.h"
#include "service/service.h"
#include "smtp.h"

bool reuse_wanted(const struct delivery *d)
{
    if ((d->request->wire->flags & DELIVERY_CACHE_DEST) &&
        smtp_params.smtp_connection_cache_on_demand)
        return true;
    return d->site.domain != NULL &&
           match_list_has(settings()->cache_destinations, d->site.domain, NULL,
                          NULL) == FOUND;
}

bool reuse_possible(const struct session *s)
{
    long count_limit = smtp_params.smtp_connection_reuse_count_limit;

    return !s->is_dead && !s->no_reuse && !s->quit_sent &&
           clock_wall().tv_sec - s->born <
               smtp_params.smtp_connection_reuse_time_limit &&
           (count_limit == 0 || s->uses < count_limit);
}

static const char *site_label(const struct delivery *d)
{
    return arena_printf(d->arena, "%s %s %s%s", service_name(),
                        settings()->is_lmtp ? "lmtp" : "smtp", d->site.text,
                        d->needs_utf8 ? " utf8" : "");
}

static const char *server_label(const struct delivery *d,
                                const struct server *server)
{
    return arena_printf(d->arena, "%s %s %s %s:%d%s", service_name(),
                        settings()->is_lmtp ? "lmtp" : "smtp", server->host,
                        server->address, server->port,
                        d->needs_utf8 ? " utf8" : "");
}

/* ---- Taking ------------------------------------------------------------- */

/* The server may have closed meanwhile, and would have said so before that.
 * What it said unasked would be taken for its answer, and each answer for that
 * to the next question. */
static bool still_answers(struct session *s)
{
    struct smtp_reply reply;

    s->is_dead = !sock_is_quiet(stream_fd(s->stream));
    if (s->is_dead)
        return false;
    session_phase(s, PHASE_PROBE);
    session_send(s, "RSET");
    s->is_dead = !session_reply(s, &reply) || reply.code / 100 != 2;
    return !s->is_dead;
}

static struct session *make_session(struct delivery *d, struct stream *stream,
                                    const struct scache_session *kept)
{
    const struct server server = {
        .host = kept->host,
        .address = kept->address,
        .port = (int)kept->port,
    };
    struct session *s = session_new(d, &server, stream);

    s->features = (unsigned)kept->features;
    s->xforward = (unsigned)kept->xforward;
    s->size_limit = (long)kept->size_limit;
    s->pix = (unsigned)kept->pix;
    s->uses = (int)kept->uses;
    s->born = (time_t)kept->born_s;
    return s;
}

static struct session *find(struct delivery *d, enum scache_label kind,
                            const char *label)
{
    struct scache_session kept;
    struct stream *stream;
    bool is_fresh;

    while ((stream = scache_take(
                d->arena, kind, label, &kept, &is_fresh,
                smtp_params.connection_cache_protocol_timeout)) != NULL) {
        struct session *s = make_session(d, stream, &kept);
        if (is_fresh || still_answers(s))
            return s;
        session_end(s);
    }
    return NULL;
}

struct session *reuse_find_site(struct delivery *d)
{
    return reuse_wanted(d) ? find(d, SCACHE_SITE, site_label(d)) : NULL;
}

struct session *reuse_find_server(struct delivery *d,
                                  const struct server *server)
{
    return reuse_wanted(d) ? find(d, SCACHE_SERVER, server_label(d, server))
                           : NULL;
}

/* ---- Giving ------------------------------------------------------------- */

void reuse_keep(struct session *s)
{
    struct delivery *d = s->delivery;
    const struct scache_session kept = {
        .host = s->server.host,
        .address = s->server.address,
        .port = s->server.port,
        .features = s->features,
        .xforward = s->xforward,
        .size_limit = s->size_limit,
        .pix = s->pix,
        .uses = s->uses + 1,
        .born_s = s->born,
    };

    /* A server that spoke unasked is about to close. */
    if (stream_buffered(s->stream) > 0) {
        session_end(s);
        return;
    }
    notify_postmaster(s);
    scache_put(site_label(d), server_label(d, &s->server),
               smtp_params.smtp_connection_cache_time_limit, &kept,
               s->stream, smtp_params.connection_cache_protocol_timeout);
    chat_free(s->chat);
}
