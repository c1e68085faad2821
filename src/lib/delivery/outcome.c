/* SPDX-License-Identifier: ISC
 *
 * outcome.c - what became of a recipient: logged, recorded, and marked in
 * the queue file.
 *
 * The order matters: the mark comes last. A crash in between gives a second
 * delivery attempt, never a recipient without an outcome.
 */
#include "delivery/agent.h"

#include <string.h>

#include "base/log.h"
#include "mail/record.h"

static void mark_done(struct request *r, size_t index)
{
    off_t offset = r->recipients[index].offset;

    if (offset > 0 && (r->wire->flags & DELIVERY_SUCCESS) &&
        !record_mark(r->queue_fd, offset, REC_DONE))
        log_warning("%s: cannot mark a finished recipient in the queue file; "
                    "it may get the message again",
                    r->wire->queue_id);
    r->done[index] = true;
}

void outcome_done(struct request *r, size_t index)
{
    mark_done(r, index);
}

static void settle(struct request *r, size_t index, bool finished)
{
    if (finished) {
        mark_done(r, index);
        return;
    }
    r->deferred = true;
    r->done[index] = true;
}

static void settle_by_class(struct request *r, size_t index, const char *relay,
                            const struct dsn *dsn)
{
    const struct recipient *to = &r->recipients[index];
    bool probe = request_is_probe(r);

    if (dsn->status[0] == '2')
        settle(r, index,
               sent_recipient(&r->status, to, relay, &r->times, dsn));
    else if (dsn->status[0] == '5')
        settle(r, index,
               bounce_recipient(&r->status, to, relay, &r->times, dsn));
    else
        /* A probe is answered by a deferral, too: it is not kept in the
         * queue. */
        settle(r, index,
               defer_recipient(&r->status, to, relay, &r->times, dsn) &&
                   probe);
}

void outcome_by_status(struct request *r, size_t index, const char *relay,
                       const struct dsn *dsn)
{
    struct dsn filtered = status_filter_apply(r->arena, dsn);

    settle_by_class(r, index, relay, &filtered);
}

/* What the caller says counts, whatever the class of its code. */
static void outcome_of_class(struct request *r, size_t index,
                             const char *relay, const struct dsn *dsn,
                             char class)
{
    struct dsn filtered = *dsn;

    if (dsn->status[0] != class)
        filtered.status = arena_printf(r->arena, "%c%s", class,
                                       dsn->status + 1);
    outcome_by_status(r, index, relay, &filtered);
}

void outcome_sent(struct request *r, size_t index, const char *relay,
                  const struct dsn *dsn)
{
    outcome_of_class(r, index, relay, dsn, '2');
}

void outcome_bounced(struct request *r, size_t index, const char *relay,
                     const struct dsn *dsn)
{
    outcome_of_class(r, index, relay, dsn, '5');
}

void outcome_deferred(struct request *r, size_t index, const char *relay,
                      const struct dsn *dsn)
{
    outcome_of_class(r, index, relay, dsn, '4');
}
