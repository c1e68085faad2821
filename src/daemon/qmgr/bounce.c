/* SPDX-License-Identifier: ISC
 *
 * bounce.c - recipients whose fate is decided without a delivery agent.
 */
#include <stdlib.h>

#include "base/fiber.h"
#include "base/log.h"
#include "base/str.h"
#include "message.h"

static void mark(struct message *m, int fd, const struct recipient *to)
{
    if (to->offset > 0 && !record_mark(fd, to->offset, REC_DONE))
        log_warning("%s: cannot mark a finished recipient in the queue file",
                    m->id);
}

static bool settle(struct message *m, const struct route *route, bool *finished)
{
    struct status_message status = message_status(m);
    struct delivery_times times = message_times(m);

    *finished = true;
    switch (route->kind) {
    case ROUTE_BOUNCE:
        return bounce_recipient(&status, &route->to, NULL, &times,
                                &route->dsn);
    case ROUTE_DISCARD:
        return sent_recipient(&status, &route->to, NULL, &times, &route->dsn);
    case ROUTE_DEFER:
    case ROUTE_DELIVER: break;
    }
    /* A probe has got its answer with a deferral, too. */
    *finished = (status.trace_flags &
                 (TRACE_MTA_VERIFY | TRACE_USER_VERIFY)) != 0;
    return defer_recipient(&status, &route->to, NULL, &times, &route->dsn);
}

void settle_route(struct message *m, int fd, const struct route *route)
{
    bool finished;

    if (settle(m, route, &finished) && finished)
        mark(m, fd, &route->to);
    else
        m->flags |= MESSAGE_DEFERRED;
}

/* ---- Entries that no agent can take ------------------------------------ */

struct deferral {
    struct list entries;
    char *status, *reason; /* owned */
};

static void defer_entry(struct entry *e, const struct dsn *dsn)
{
    struct message *m = e->message;
    struct status_message status = message_status(m);

    for (size_t i = 0; i < e->count; i++) {
        struct delivery_times times = message_times(m);
        defer_recipient(&status, &e->recipients[i], NULL, &times, dsn);
    }
    m->flags |= MESSAGE_DEFERRED;
    entry_forget(e, &the_scheduler);
    if (m->schedule.entries == 0)
        active_entries_done(m);
}

static void defer_all(void *argument)
{
    struct deferral *work = argument;
    struct dsn dsn = { .status = work->status, .reason = work->reason };

    while (!list_is_empty(&work->entries))
        defer_entry(CONTAINER_OF(work->entries.next, struct entry, node),
                    &dsn);
    free(work->status);
    free(work->reason);
    free(work);
}

void defer_entries(struct list *entries, const char *status,
                   const char *reason)
{
    if (list_is_empty(entries))
        return;
    struct deferral *work = mem_zalloc(sizeof *work);
    list_init(&work->entries);
    LIST_EACH(node, entries) {
        list_remove(node);
        list_append(&work->entries, node);
    }
    work->status = mem_strdup(status);
    work->reason = mem_strdup(reason);
    fiber_start(defer_all, work);
}
