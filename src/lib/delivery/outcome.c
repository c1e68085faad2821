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
    if (finished)
        mark_done(r, index);
    else {
        r->deferred = true;
        r->done[index] = true;
    }
}

void outcome_sent(struct request *r, size_t index, const char *relay,
                  const struct dsn *dsn)
{
    settle(r, index,
           sent_recipient(&r->status, &r->recipients[index], relay, &r->times,
                          dsn));
}

void outcome_bounced(struct request *r, size_t index, const char *relay,
                     const struct dsn *dsn)
{
    settle(r, index,
           bounce_recipient(&r->status, &r->recipients[index], relay,
                            &r->times, dsn));
}

void outcome_deferred(struct request *r, size_t index, const char *relay,
                      const struct dsn *dsn)
{
    bool probe = (r->wire->trace_flags &
                  (TRACE_MTA_VERIFY | TRACE_USER_VERIFY)) != 0;
    bool recorded = defer_recipient(&r->status, &r->recipients[index], relay,
                                    &r->times, dsn);

    /* A probe is answered by a deferral, too: it is not kept in the queue. */
    settle(r, index, probe && recorded);
}

void outcome_by_status(struct request *r, size_t index, const char *relay,
                       const struct dsn *dsn)
{
    switch (dsn->status[0]) {
    case '2':
        outcome_sent(r, index, relay, dsn);
        return;
    case '5':
        outcome_bounced(r, index, relay, dsn);
        return;
    default:
        outcome_deferred(r, index, relay, dsn);
    }
}
