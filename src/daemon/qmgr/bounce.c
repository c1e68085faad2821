/* SPDX-License-Identifier: ISC
 *
 * bounce.c - recipients whose fate is decided without a delivery agent.
 */
#include <stdlib.h>

#include "base/fiber.h"
#include "base/log.h"
#include "base/str.h"
#include "message.h"

void discard_recipient(struct message *m, int fd, const struct recipient *to)
{
    struct status_message status = message_status(m);
    struct delivery_times times = message_times(m);
    struct dsn dsn = {
        .status = "2.0.0",
        .reason = "undeliverable postmaster notification discarded",
    };

    if (!sent_recipient(&status, to, NULL, &times, &dsn))
        m->flags |= MESSAGE_DEFERRED;
    else if (to->offset > 0 && !record_mark(fd, to->offset, REC_DONE))
        log_warning("%s: cannot mark a finished recipient in the queue file",
                    m->id);
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
        message_entries_done(m);
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
