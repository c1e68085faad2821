/* SPDX-License-Identifier: ISC
 *
 * agent.c - the skeleton of a delivery agent: one request after the other.
 *
 * The agent speaks first (so that the queue manager learns at once whether
 * it is there), reads a request, opens the queue file and holds a shared lock
 * on it for the whole delivery: a second queue manager, or postsuper, can
 * tell that a delivery is in progress.
 */
#include "delivery/agent.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "base/lock.h"
#include "base/log.h"
#include "base/str.h"
#include "mail/queue_dir.h"

static const struct delivery_agent *the_agent;

static struct timeval timeval_of(int64_t seconds, int64_t microseconds)
{
    return (struct timeval){ .tv_sec = seconds, .tv_usec = microseconds };
}

static void fill_recipients(struct request *r)
{
    const struct ipc_list *list = &r->wire->recipients;
    const struct delivery_recipient *from =
        IPC_ITEMS(delivery_recipient, *list);

    r->count = list->count;
    r->recipients = arena_array(r->arena, r->count, sizeof *r->recipients);
    r->done = arena_array(r->arena, r->count, sizeof *r->done);
    for (size_t i = 0; i < r->count; i++) {
        r->done[i] = false;
        r->recipients[i] = (struct recipient){
            .offset = from[i].offset,
            .address = from[i].address,
            .original = from[i].original,
            .dsn_original = from[i].dsn_original,
            .dsn_notify = (int)from[i].dsn_notify,
        };
    }
}

static void fill_request(struct request *r,
                         const struct delivery_request *wire,
                         struct arena *arena)
{
    memset(r, 0, sizeof *r);
    r->wire = wire;
    r->arena = arena;
    r->queue_fd = -1;
    r->status = (struct status_message){
        .queue_name = wire->queue_name,
        .queue_id = wire->queue_id,
        .sender = wire->sender,
        .encoding = wire->encoding,
        .envelope_id = wire->envelope_id,
        .verp = wire->verp,
        .message_id = wire->message_id,
        .dsn_return = (int)wire->dsn_return,
        .sender_options = (int)wire->sender_options,
        .trace_flags = (int)wire->trace_flags,
    };
    r->times.arrival = timeval_of(wire->arrival_s, wire->arrival_us);
    r->times.active_arrive = timeval_of(wire->active_s, wire->active_us);
    r->times.agent_handoff = clock_wall();
    fill_recipients(r);
}

bool request_is_probe(const struct request *r)
{
    return (r->wire->trace_flags & (TRACE_MTA_VERIFY | TRACE_USER_VERIFY)) != 0;
}

/* False: the file is gone or held by another; the whole request is deferred
 * without a word to the sender, and the queue manager looks again later. */
static bool open_message(struct request *r)
{
    const char *id = r->wire->queue_id;

    if (!queue_id_is_valid(id)) {
        log_warning("refused a delivery request with the bad queue ID \"%s\"",
                    id);
        return false;
    }
    r->queue_fd = queue_dir_open(r->wire->queue_name, id, O_RDWR);
    if (r->queue_fd < 0) {
        log_warning("open %s %s: %s", r->wire->queue_name, id,
                    strerror(errno));
        return false;
    }
    if (!lock_file(r->queue_fd, LOCK_STYLE_FLOCK, LOCK_KIND_SHARED, 0)) {
        if (errno == EAGAIN)
            log_warning("%s: the queue file is locked by another delivery; "
                        "it will be tried again later",
                        id);
        else
            log_warning("lock %s %s: %s", r->wire->queue_name, id,
                        strerror(errno));
        close(r->queue_fd);
        return false;
    }
    r->message = message_reader_open(stream_open_file(r->queue_fd), r->arena);
    return true;
}

static bool send_reply(struct stream *s, const struct request *r, bool opened)
{
    struct delivery_reply reply = {
        .status = (r->deferred || !opened) ? 1 : 0,
        .hop_status = r->hop.status != NULL ? r->hop.status : "",
        .hop_reason = r->hop.reason != NULL ? r->hop.reason : "",
    };
    /* The hello that follows is sent along with it. */
    return ipc_send_more(s, delivery_reply, &reply);
}

void delivery_written(struct request *r)
{
    struct delivery_reply reply = { .is_written = 1 };

    if (r->client == NULL || r->count != 1 ||
        !(r->wire->flags & DELIVERY_MORE_WAITS))
        return;
    (void)ipc_send(r->client, delivery_reply, &reply);
    r->client = NULL;
}

/* A recipient that the agent forgot stays in the queue. */
static void note_forgotten(struct request *r)
{
    for (size_t i = 0; i < r->count; i++)
        if (!r->done[i])
            r->deferred = true;
}

static void wait_for_request(struct stream *s)
{
    if (the_agent->idle != NULL && !stream_fill_soon(s))
        the_agent->idle();
}

static bool serve_one(struct stream *s, struct arena *arena)
{
    struct delivery_request wire;
    struct request r;

    wait_for_request(s);
    if (!ipc_receive(s, arena, delivery_request, &wire))
        return false;
    fill_request(&r, &wire, arena);
    r.client = s;
    bool opened = open_message(&r);
    if (opened) {
        the_agent->deliver(&r);
        note_forgotten(&r);
        message_reader_close(r.message);
    }
    return send_reply(s, &r, opened);
}

static void serve(struct service_client *client)
{
    struct delivery_hello hello = { "delivery_request_protocol" };
    struct arena *arena = arena_new();

    while (ipc_send(client->stream, delivery_hello, &hello) &&
           serve_one(client->stream, arena))
        arena_reset(arena);
    arena_free(arena);
    if (the_agent->idle != NULL)
        the_agent->idle();
}

/* relay_domains, which fast_flush_domains mostly is, may be a table that only
 * root can read, outside the jail. */
static void before_jail(void)
{
    defer_prepare();
    if (the_agent->service.before_jail != NULL)
        the_agent->service.before_jail();
}

int delivery_main(const struct delivery_agent *agent, int argc, char **argv)
{
    static struct service service; /* constant from here on */

    the_agent = agent;
    service = agent->service;
    service.serve = serve;
    service.before_jail = before_jail;
    return service_main(&service, argc, argv);
}
