/* SPDX-License-Identifier: ISC
 *
 * message.c - reading a queue file: envelope, and recipients in batches.
 *
 * Of a message with very many recipients only a part is in memory. The rest
 * is read as entries are dealt with; how much, is a matter of the pools that
 * SCHEDULER_README describes ("Dealing with memory resource limits").
 */
#include "message.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/fiber.h"
#include "base/log.h"
#include "base/str.h"
#include "config/params.h"
#include "mail/queue_dir.h"

static int64_t last_sequence;

struct message_schedule *message_schedule(struct message *message)
{
    return &message->schedule;
}

struct message *message_new(const char *id)
{
    struct message *m = mem_zalloc(sizeof *m);

    m->id = mem_strdup(id);
    m->arena = arena_new();
    m->active_since = clock_wall();
    m->schedule.sequence = ++last_sequence;
    list_init(&m->schedule.jobs);
    return m;
}

void message_free(struct message *m)
{
    jobs_free(m);
    arena_free(m->arena);
    free(m->id);
    free(m);
}

struct status_message message_status(const struct message *m)
{
    const struct envelope *e = &m->envelope;

    return (struct status_message){
        .queue_name = "active",
        .queue_id = m->id,
        .sender = e->sender,
        .encoding = e->encoding,
        .envelope_id = e->envelope_id,
        .verp = e->verp,
        .message_id = e->message_id,
        .dsn_return = e->dsn_return,
        .sender_options = e->sender_options,
        .trace_flags = e->trace_flags,
    };
}

struct delivery_times message_times(const struct message *m)
{
    struct timeval now = clock_wall();

    return (struct delivery_times){
        .arrival = m->envelope.arrival,
        .active_arrive = m->active_since,
        .active_done = now,
        .agent_handoff = now,
    };
}

static bool is_delay_known(const struct message *m)
{
    return m->envelope.warn_offset != 0 && m->envelope.warn_time < 0;
}

static void note_unreadable(struct message *m,
                            const struct message_reader *reader)
{
    if (message_reader_is_unreadable(reader))
        m->flags |= MESSAGE_UNREADABLE;
}

bool message_read_envelope(struct message *m, struct message_reader *reader,
                           struct error *why)
{
    if (!message_reader_envelope(reader, &m->envelope, why)) {
        note_unreadable(m, reader);
        return false;
    }
    m->schedule.unread = m->envelope.recipient_count > 0
                             ? m->envelope.recipient_count
                             : 1;
    m->envelope.trace_flags &= ~TRACE_DELAY_CLEARED;
    if (queue_params.confirm_delay_cleared && is_delay_known(m))
        m->envelope.trace_flags |= TRACE_DELAY_CLEARED;
    return true;
}

/* ---- One batch --------------------------------------------------------- */

struct routes {
    ARRAY_OF(struct route);
};

static void read_batch(struct message *m, struct message_reader *reader,
                       struct arena *keep, long limit, struct routes *out)
{
    struct route route = { .is_discarded = false };

    while ((long)out->count < limit &&
           message_reader_recipient(reader, keep, &route.to))
        ARRAY_ADD(out, route);
    m->next = message_reader_position(reader);
    m->schedule.unread -= (long)out->count;
    if (m->next == 0)
        m->schedule.unread = 0;
    else if (m->schedule.unread < 1)
        m->schedule.unread = 1;
}

/* A REDIRECT action: the first recipient stands for all. */
static void keep_only_first(struct message *m, struct routes *routes)
{
    if (*m->envelope.redirect == '\0' || routes->count == 0)
        return;
    routes->count = 1;
    m->next = 0;
    m->schedule.unread = 0;
}

static long batch_limit(const struct message *m)
{
    long minimum = qmgr_params.qmgr_message_recipient_minimum;

    if (m->last_read == 0) {
        long room = qmgr_params.qmgr_message_recipient_limit -
                    the_scheduler.recipients;
        return room > minimum ? room : minimum;
    }
    return minimum + job_memory_allowance((struct message *)m);
}

static struct batch *batch_new(const struct message *m, long limit)
{
    struct batch *batch = mem_zalloc(sizeof *batch);

    batch->users = 1;
    /* All in one go: they live as long as the message, in its memory. */
    if (m->last_read != 0 || m->schedule.unread > limit)
        batch->arena = arena_new();
    return batch;
}

static void find_routes(struct message *m, int fd, struct routes *routes,
                        struct arena *keep, struct arena *arena)
{
    for (size_t i = 0; i < routes->count; i++) {
        struct route *route = &routes->items[i];
        route_find(m, arena, keep, route);
        if (route->is_discarded)
            discard_recipient(m, fd, &route->to);
    }
}

bool message_read_recipients(struct message *m, struct message_reader *reader,
                             struct error *why)
{
    long limit = batch_limit(m);
    struct batch *batch = batch_new(m, limit);
    struct arena *keep = batch->arena != NULL ? batch->arena : m->arena;
    struct routes routes = { NULL, 0, 0 };

    read_batch(m, reader, keep, limit, &routes);
    bool good = !message_reader_failed(reader, why);
    note_unreadable(m, reader);
    if (good) {
        struct arena *arena = arena_new();
        keep_only_first(m, &routes);
        find_routes(m, stream_fd(message_reader_stream(reader)), &routes,
                    keep, arena);
        /* Delivery agents want to lock the file that we have locked. */
        message_reader_close(reader);
        m->last_read = clock_now();
        assign_routes(m, batch, routes.items, routes.count);
        arena_free(arena);
    } else
        message_reader_close(reader);
    batch_release(batch);
    ARRAY_FREE(&routes);
    return good;
}

/* ---- Reading on -------------------------------------------------------- */

static void refill(void *argument)
{
    struct message *m = argument;
    struct error why = ERROR_NONE;
    int fd = queue_dir_open("active", m->id, O_RDWR);

    if (fd < 0) {
        log_warning("%s: cannot read more recipients from the queue file",
                    m->id);
        m->flags |= MESSAGE_DEFERRED;
        m->schedule.unread = 0;
        m->next = 0;
    } else {
        struct message_reader *reader =
            message_reader_open(stream_open_file(fd), m->arena);
        if (!message_reader_resume(reader, m->next))
            log_warning("%s: cannot read on in the queue file", m->id);
        if (!message_read_recipients(m, reader, &why)) {
            log_warning("%s: %s", m->id, why.text);
            m->flags |= MESSAGE_DEFERRED;
            m->schedule.unread = 0;
            m->next = 0;
        }
    }
    active_start_delivery(m);
}

/* The refill parameters of the transports that work on the message. */
static bool is_refill_due(struct message *m)
{
    long room = job_memory_allowance(m);

    LIST_EACH(node, &m->schedule.jobs) {
        const struct job *job = CONTAINER_OF(node, struct job, by_message);
        const struct transport_settings *set = &job->transport->set;
        if (room >= set->refill_limit ||
            (room > 0 &&
             clock_now() - m->last_read >= set->refill_delay_s * 1000L))
            return true;
    }
    return false;
}

void message_consider_refill(struct message *m)
{
    if (m->schedule.unread == 0 || (m->flags & MESSAGE_BUSY))
        return;
    if (m->schedule.entries > 0 && !is_refill_due(m))
        return;
    m->flags |= MESSAGE_BUSY;
    fiber_start(refill, m);
}
