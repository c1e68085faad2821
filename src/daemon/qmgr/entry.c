/* SPDX-License-Identifier: ISC
 *
 * entry.c - delivery requests, from the time they are known until done.
 */
#include "scheduler.h"

#include <stdlib.h>

#include "base/str.h"

/* Recipients are read in batches, sorted by destination; a peer for the same
 * destination made by an earlier batch may exist, which does no harm. */
static struct peer *peer_for(struct job *job, struct destination *d)
{
    if (!list_is_empty(&job->peers)) {
        struct peer *last =
            CONTAINER_OF(job->peers.prev, struct peer, by_job);
        if (last->destination == d)
            return last;
    }
    struct peer *peer = mem_zalloc(sizeof *peer);
    peer->job = job;
    peer->destination = d;
    list_init(&peer->todo);
    list_append(&job->peers, &peer->by_job);
    heap_add(&d->peers, &peer->node, job->order);
    return peer;
}

static void add_todo(struct entry *e, struct destination *d, deadline_t now)
{
    struct job *job = job_get(e->message, d->transport, now);

    e->destination = d;
    e->peer = peer_for(job, d);
    list_append(&e->peer->todo, &e->node);
    job->todo++;
    d->todo++;
    d->transport->todo++;
    d->transport->recipients += (long)e->count;
    destination_update(d);
}

struct entry *entry_new(struct message *message, struct destination *d,
                        struct batch *batch, struct recipient *recipients,
                        size_t count, deadline_t now)
{
    struct entry *e = mem_zalloc(sizeof *e);
    struct message_schedule *ms = message_schedule(message);

    e->message = message;
    e->batch = batch;
    e->recipients = recipients;
    e->count = count;
    batch->users++;
    ms->entries++;
    ms->recipients += (long)count;
    d->transport->scheduler->recipients += (long)count;
    add_todo(e, d, now);
    return e;
}

void entry_rehome(struct entry *e, struct destination *d, deadline_t now)
{
    add_todo(e, d, now);
}

static void peer_free_if_empty(struct peer *peer)
{
    if (!list_is_empty(&peer->todo))
        return;
    heap_remove(&peer->destination->peers, &peer->node);
    list_remove(&peer->by_job);
    free(peer);
}

void entry_select(struct entry *e)
{
    struct peer *peer = e->peer;
    struct job *job = peer->job;
    struct destination *d = e->destination;

    list_remove(&e->node);
    e->peer = NULL;
    job->todo--;
    job->selected++;
    d->todo--;
    d->transport->todo--;
    d->busy++;
    peer_free_if_empty(peer);
    destination_update(d);
    job_retire_if_done(job);
}

void batch_release(struct batch *batch)
{
    if (--batch->users > 0)
        return;
    arena_free(batch->arena);
    free(batch);
}

static void entry_free(struct entry *e, struct scheduler *s)
{
    struct message_schedule *ms = message_schedule(e->message);

    ms->entries--;
    ms->recipients -= (long)e->count;
    s->recipients -= (long)e->count;
    batch_release(e->batch);
    free(e);
}

void entry_settle(struct entry *e)
{
    if (e->settling)
        return;
    e->settling = true;
    e->destination->settling++;
    destination_update(e->destination);
}

void entry_done(struct entry *e)
{
    struct destination *d = e->destination;

    d->busy--;
    d->settling -= e->settling;
    d->transport->recipients -= (long)e->count;
    entry_free(e, d->transport->scheduler);
    destination_update(d);
    destination_release(d);
}

void entry_forget(struct entry *e, struct scheduler *s)
{
    list_remove(&e->node);
    entry_free(e, s);
}
