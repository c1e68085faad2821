/* SPDX-License-Identifier: ISC
 *
 * deliver.c - talking to delivery agents: a fiber a connection.
 *
 * A connection is made when a transport has something to deliver; what it
 * will carry is decided only when an agent has said that it is ready. At most
 * two connections of a transport wait for an agent at a time: so the process
 * limit in master.cf needs to be known to master only. A connection that has
 * nothing more to do waits a moment for the next message before it closes.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/fiber.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/sock.h"
#include "base/str.h"
#include "base/text.h"
#include "client/client.h"
#include "config/params.h"
#include "ipc/codec.h"
#include "ipc/messages/delivery.h"
#include "mail/verp.h"
#include "message.h"

enum { WAITING_MAX = 2, IDLE_MS = 1000, REQUESTS_MAX = 50 };

struct link {
    struct transport *transport;
    struct stream *stream;    /* owned */
    struct fiber *fiber;
    struct list idle;         /* in transport->idle while it is */
    bool claimed;             /* woken up from there, to deliver */
    int requests;
};

static struct loop_timer *timer;

/* ---- Starting and stopping --------------------------------------------- */

static void arm_timer(void)
{
    loop_timer_set(timer, scheduler_next_timer(&the_scheduler));
}

static void timer_expired(void *unused)
{
    struct transport *t;

    (void)unused;
    while ((t = scheduler_expire(&the_scheduler, clock_now())) != NULL)
        deliver_kick(t);
    arm_timer();
}

static bool wants_link(const struct transport *t)
{
    if (t->hold.state != RUN_FREE || t->ready.count == 0)
        return false;
    /* A rate delay of the transport: one after the other. */
    if (t->set.transport_rate_delay_s > 0)
        return t->busy + t->waiting == 0;
    return t->waiting < WAITING_MAX && t->waiting < t->todo;
}

static void link_run(void *argument);

void deliver_kick(struct transport *t)
{
    while (wants_link(t)) {
        t->waiting++;
        if (list_is_empty(&t->idle)) {
            t->links++;
            fiber_start(link_run, t);
            continue;
        }
        /* The last one used: its agent still has a session, and the others
         * come to an end. */
        struct link *link = CONTAINER_OF(t->idle.prev, struct link, idle);
        list_remove(&link->idle);
        link->claimed = true;
        fiber_wake(link->fiber);
    }
    arm_timer();
}

void deliver_kick_all(void)
{
    size_t position = 0;
    void *value;

    while (hash_next(the_scheduler.transports, &position, NULL, &value)) {
        struct transport *t = value;
        if (t->ready.count > 0)
            deliver_kick(t);
    }
    arm_timer();
}

void deliver_set_up(void)
{
    timer = loop_timer_new(timer_expired, NULL);
}

/* ---- Trouble ----------------------------------------------------------- */

static void transport_failed(struct transport *t)
{
    transport_suspend(t, RUN_DEAD,
                      deadline_in_s(qmgr_params.transport_retry_time), "4.3.0",
                      "mail transport unavailable");
    assign_give_up_transport(t);
}

static void destination_failed(struct destination *d, const char *status,
                               const char *reason)
{
    if (the_scheduler.dead_count >= the_scheduler.dead_limit)
        return;
    destination_suspend(d, RUN_DEAD,
                        deadline_in_s(queue_params.minimal_backoff_time),
                        status, reason);
    assign_give_up_destination(d);
}

static void say_malformed(const struct transport *t)
{
    log_warning("private/%s socket: malformed response", t->name);
}

/* ---- Connection -------------------------------------------------------- */

static bool link_connect(struct link *link)
{
    char *path = mem_printf("private/%s", link->transport->name);
    struct error why = ERROR_NONE;
    int fd = sock_connect_unix(
        path, deadline_in_s(client_setup()->ipc_timeout_s), &why);

    if (fd < 0)
        log_warning("connect to transport %s: %s", path, strerror(errno));
    else
        link->stream = stream_open_socket(fd);
    free(path);
    return fd >= 0;
}

/* Until some agent has time for us, which may be long. */
static bool link_greet(struct link *link)
{
    struct arena *arena = arena_new();
    struct delivery_hello hello;

    stream_set_deadline(link->stream,
                        deadline_in_s(common_params.daemon_timeout));
    bool good =
        ipc_receive(link->stream, arena, delivery_hello, &hello) &&
        strcmp(hello.protocol, "delivery_request_protocol") == 0;
    arena_free(arena);
    return good;
}

static bool link_is_closed(const struct link *link)
{
    char c;

    return recv(stream_fd(link->stream), &c, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

/* ---- One request ------------------------------------------------------- */

static void fill_recipients(struct arena *arena, const struct entry *e,
                            struct delivery_request *out)
{
    struct delivery_recipient *to =
        arena_array(arena, e->count, sizeof *to);

    for (size_t i = 0; i < e->count; i++) {
        to[i] = (struct delivery_recipient){
            .address = e->recipients[i].address,
            .original = e->recipients[i].original,
            .dsn_original = e->recipients[i].dsn_original,
            .dsn_notify = e->recipients[i].dsn_notify,
            .offset = e->recipients[i].offset,
        };
        if (common_params.smtputf8_enable && !text_is_ascii(to[i].address))
            out->sender_options |= MSGOPT_UTF8_RECIPIENT;
    }
    out->recipients = (struct ipc_list){ to, e->count };
}

static const char *envelope_sender(struct arena *arena, const struct entry *e)
{
    const struct envelope *env = &e->message->envelope;

    if (*env->verp == '\0' || *env->sender == '\0')
        return env->sender;
    return verp_sender(arena, env->verp, env->sender,
                       e->recipients[0].address);
}

/* Where one at a time was asked for, it is one until it is on the disk. */
static bool may_overlap(const struct destination *d)
{
    const struct transport_settings *set = &d->transport->set;

    return set->concurrency_limit != 1 && set->destination_rate_delay_s == 0 &&
           set->transport_rate_delay_s == 0;
}

static int64_t request_flags(const struct entry *e)
{
    const struct destination *d = e->destination;
    int64_t flags = DELIVERY_SUCCESS;

    if (d->todo > 0 && may_overlap(d))
        flags |= DELIVERY_MORE_WAITS;

    if (e->message->envelope.trace_flags &
        (TRACE_USER_VERIFY | TRACE_MTA_VERIFY))
        flags |= DELIVERY_TRACE_ONLY;
    if (destination_has_traffic(d, clock_now()))
        flags |= DELIVERY_CACHE_DEST;
    return flags;
}

static void fill_request(struct arena *arena, const struct entry *e,
                         struct delivery_request *out)
{
    const struct message *m = e->message;
    const struct envelope *env = &m->envelope;

    *out = (struct delivery_request){
        .queue_name = "active",
        .queue_id = m->id,
        .flags = request_flags(e),
        .data_offset = env->data_offset,
        .data_size = env->content_length,
        .nexthop = e->destination->nexthop,
        .encoding = env->encoding,
        .sender_options = env->sender_options,
        .sender = envelope_sender(arena, e),
        .envelope_id = env->envelope_id,
        .dsn_return = env->dsn_return,
        .arrival_s = env->arrival.tv_sec,
        .arrival_us = env->arrival.tv_usec,
        .created_s = env->created,
        .active_s = m->active_since.tv_sec,
        .active_us = m->active_since.tv_usec,
        .trace_flags = env->trace_flags,
        .verp = env->verp,
        .message_id = env->message_id,
        .rewrite_context = env->rewrite_context,
        .log_client_name = env->log_client_name,
        .log_client_address = env->log_client_address,
        .log_client_port = env->log_client_port,
        .log_protocol_name = env->log_protocol_name,
        .log_helo_name = env->log_helo_name,
        .log_message_origin = env->log_message_origin,
        .log_ident = env->log_ident,
        .sasl_method = env->sasl_method,
        .sasl_username = env->sasl_username,
        .sasl_sender = env->sasl_sender,
    };
    fill_recipients(arena, e, out);
}

static bool receive_reply(struct link *link, struct arena *arena,
                          struct entry *e, struct delivery_reply *reply)
{
    while (ipc_receive(link->stream, arena, delivery_reply, reply)) {
        if (!reply->is_written)
            return true;
        entry_settle(e);
        deliver_kick(link->transport);
    }
    return false;
}

static bool exchange(struct link *link, struct arena *arena, struct entry *e,
                     struct delivery_reply *reply)
{
    struct delivery_request request;

    fill_request(arena, e, &request);
    stream_set_deadline(link->stream,
                        deadline_in_s(common_params.daemon_timeout));
    return ipc_send(link->stream, delivery_request, &request) &&
           receive_reply(link, arena, e, reply);
}

/* ---- What came of it --------------------------------------------------- */

/* <reply> is NULL if the agent has died: that, too, may be the fault of this
 * destination. */
static void give_feedback(struct arena *arena, struct destination *d,
                          const struct delivery_reply *reply)
{
    if (reply != NULL && *reply->hop_status == '\0') {
        feedback_success(d);
        return;
    }
    /* While dead, nothing more can be learnt. */
    if (d->hold.state == RUN_DEAD || !feedback_failure(d))
        return;
    if (reply == NULL)
        destination_failed(d, "4.3.0", "unknown mail transport error");
    else
        destination_failed(d, reply->hop_status,
                           arena_printf(arena,
                                        "delivery temporarily suspended: %s",
                                        reply->hop_reason));
}

static void impose_delays(struct destination *d)
{
    struct transport *t = d->transport;
    int delay_s = t->set.destination_rate_delay_s;

    if (delay_s > 0 && d->hold.state == RUN_FREE)
        destination_suspend(d, RUN_WAITING, deadline_in_s(delay_s), NULL,
                            NULL);
    delay_s = t->set.transport_rate_delay_s;
    if (delay_s > 0 && t->hold.state == RUN_FREE)
        transport_suspend(t, RUN_WAITING, deadline_in_s(delay_s), NULL, NULL);
}

static void entry_delivered(struct arena *arena, struct entry *e,
                            const struct delivery_reply *reply)
{
    struct message *m = e->message;
    struct destination *d = e->destination;

    if (reply == NULL || reply->status != 0)
        m->flags |= MESSAGE_DEFERRED;
    give_feedback(arena, d, reply);
    destination_count(d, clock_now());
    impose_delays(d);
    entry_done(e);
    if (m->schedule.entries == 0)
        message_entries_done(m);
    else
        message_consider_refill(m);
}

/* The entry counts as busy. False: the connection is of no more use. */
static bool deliver(struct link *link, struct entry *e)
{
    struct transport *t = link->transport;
    struct arena *arena = arena_new();
    struct delivery_reply reply;

    bool good = exchange(link, arena, e, &reply);
    t->busy--;
    if (!good)
        say_malformed(t);
    entry_delivered(arena, e, good ? &reply : NULL);
    arena_free(arena);
    return good;
}

/* ---- The life of a connection ------------------------------------------ */

/* False: nothing came, or the agent went away. */
static bool wait_idle(struct link *link)
{
    struct transport *t = link->transport;

    link->claimed = false;
    list_append(&t->idle, &link->idle);
    fiber_park(deadline_in_ms(IDLE_MS));
    list_remove(&link->idle);
    if (!link->claimed)
        return false;
    if (!link_is_closed(link))
        return true;
    t->waiting--;
    return false;
}

/* With an agent that is ready, and counted as waiting. Leaves with neither. */
static void use_link(struct link *link)
{
    struct transport *t = link->transport;

    for (;;) {
        struct entry *e = t->hold.state == RUN_FREE
                              ? scheduler_choose(t, clock_now())
                              : NULL;
        t->waiting--;
        t->busy += e != NULL;
        deliver_kick(t);
        if (e != NULL) {
            if (!deliver(link, e) || ++link->requests >= REQUESTS_MAX ||
                !link_greet(link))
                return;
            t->waiting++;
            continue;
        }
        if (!wait_idle(link))
            return;
    }
}

static void link_run(void *argument)
{
    struct link link = { .transport = argument, .fiber = fiber_self() };
    struct transport *t = link.transport;

    list_init(&link.idle);
    bool connected = link_connect(&link);
    bool ready = connected && link_greet(&link);
    if (!ready) {
        t->waiting--;
        if (connected) {
            say_malformed(t);
            log_warning("transport %s failure -- see a previous warning/fatal/"
                        "panic logfile record for the problem description",
                        t->name);
        }
        transport_failed(t);
    } else
        use_link(&link);
    stream_abandon(link.stream);
    t->links--;
    deliver_kick(t);
}
