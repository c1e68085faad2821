/* SPDX-License-Identifier: ISC
 *
 * sched_job.c - the preemptive strategy: a message with few recipients may
 * slip past one with many.
 *
 * SCHEDULER_README, "Preemptive scheduling". Jobs are served in the order of
 * their messages. The delivery of a large job may be inflated by a constant
 * factor: each <slot_cost> of its entries taken gives one free slot, and a
 * job that needs no more slots than the first job has, or may borrow, goes in
 * front of it and uses them up. So nobody is delayed by more than
 * cost/(cost-1), even with jobs that preempt the preempting ones.
 *
 * The order is a number a job: the place of its message, with room for those
 * that preempt it to get the numbers just below. Jobs whose destinations are
 * all busy or dead are not in transport->ready and thus as good as absent.
 */
#include "scheduler.h"

#include <stdlib.h>

#include "base/str.h"

enum { ORDER_ROOM = 1 << 20, CANDIDATE_MS = 1000 };

static long positive(long n)
{
    return n > 0 ? n : 0;
}

/* ---- Jobs -------------------------------------------------------------- */

static struct job *job_find(struct message_schedule *ms, struct transport *t)
{
    for (struct list *n = ms->jobs.next; n != &ms->jobs; n = n->next) {
        struct job *job = CONTAINER_OF(n, struct job, by_message);
        if (job->transport == t)
            return job;
    }
    return NULL;
}

static bool is_listed(const struct job *job)
{
    return !list_is_empty(&job->by_transport);
}

/* Later batches of an old message make jobs that belong to the front. */
static void insert_in_order(struct transport *t, struct job *job)
{
    int64_t sequence = message_schedule(job->message)->sequence;
    struct list *at = t->jobs.prev;

    while (at != &t->jobs &&
           message_schedule(CONTAINER_OF(at, struct job, by_transport)->message)
                   ->sequence > sequence)
        at = at->prev;
    list_insert_after(at, &job->by_transport);
}

static struct job *job_new(struct message *message, struct transport *t,
                           deadline_t now)
{
    struct job *job = mem_zalloc(sizeof *job);
    struct message_schedule *ms = message_schedule(message);

    job->transport = t;
    job->message = message;
    job->order = (ms->sequence + 1) * ORDER_ROOM;
    job->enqueued = now;
    list_init(&job->by_transport);
    list_init(&job->peers);
    list_init(&job->children);
    list_init(&job->sibling);
    list_append(&ms->jobs, &job->by_message);
    return job;
}

struct job *job_get(struct message *message, struct transport *t,
                    deadline_t now)
{
    struct job *job = job_find(message_schedule(message), t);

    if (job == NULL)
        job = job_new(message, t, now);
    if (!is_listed(job)) {
        insert_in_order(t, job);
        t->newcomer = job;
    }
    return job;
}

static void forget_candidate(struct transport *t, const struct job *job)
{
    if (t->candidate == job || t->candidate_for == job)
        t->candidate = t->candidate_for = NULL;
    if (t->newcomer == job)
        t->newcomer = NULL;
}

/* Slots that it borrowed and did not earn are owed by the job that it had
 * preempted; the jobs that preempted this one have that as their parent. */
static void settle_with_parent(struct job *job)
{
    long cost = job->transport->set.slot_cost;

    if (job->parent != NULL && cost > 0)
        job->parent->slots_used +=
            positive(job->slots_used - job->selected / cost);
    LIST_EACH(node, &job->children) {
        struct job *child = CONTAINER_OF(node, struct job, sibling);
        list_remove(node);
        child->parent = job->parent;
        if (job->parent != NULL)
            list_append(&job->parent->children, node);
    }
    list_remove(&job->sibling);
    job->parent = NULL;
}

static void job_unlist(struct job *job)
{
    if (!is_listed(job))
        return;
    settle_with_parent(job);
    forget_candidate(job->transport, job);
    list_remove(&job->by_transport);
}

void job_retire_if_done(struct job *job)
{
    if (job->todo == 0 && message_schedule(job->message)->unread == 0)
        job_unlist(job);
}

void jobs_free(struct message *message)
{
    struct message_schedule *ms = message_schedule(message);

    LIST_EACH(node, &ms->jobs) {
        struct job *job = CONTAINER_OF(node, struct job, by_message);
        job_unlist(job);
        list_remove(node);
        free(job);
    }
}

/* ---- Memory for recipients --------------------------------------------- */

static bool is_first_unread(const struct job *job)
{
    const struct transport *t = job->transport;

    for (struct list *n = t->jobs.next; n != &t->jobs; n = n->next) {
        struct job *other = CONTAINER_OF(n, struct job, by_transport);
        if (message_schedule(other->message)->unread > 0)
            return other == job;
    }
    return false;
}

/* The pool of a transport goes to its first job that is not read completely;
 * one that preempted another may use half of what is left and of the extra
 * pool, so that it can use its turn. */
long job_memory_allowance(struct message *message)
{
    struct message_schedule *ms = message_schedule(message);
    long sum = 0;

    LIST_EACH(node, &ms->jobs) {
        struct job *job = CONTAINER_OF(node, struct job, by_message);
        const struct transport *t = job->transport;
        if (!is_listed(job))
            continue;
        if (is_first_unread(job))
            sum += positive(t->set.memory_limit - t->recipients);
        else if (job->parent != NULL)
            sum += positive(t->set.memory_limit + t->set.extra_memory_limit -
                            t->recipients) / 2;
    }
    return sum;
}

/* ---- Preemption -------------------------------------------------------- */

/* At least so many entries the job will have had in the end. */
static long total_entries(const struct job *job)
{
    long unread = message_schedule(job->message)->unread;
    long limit = job->transport->set.recipient_limit;
    long more = unread > 0 ? 1 : 0;

    if (unread > 0 && limit > 0)
        more = (unread + limit - 1) / limit;
    return job->selected + job->todo + more;
}

/* At most so many slots it takes to finish. */
static long slots_needed(const struct job *job)
{
    return job->todo + message_schedule(job->message)->unread;
}

static struct peer *ready_peer(const struct job *job)
{
    for (struct list *n = job->peers.next; n != &job->peers; n = n->next) {
        struct peer *peer = CONTAINER_OF(n, struct peer, by_job);
        if (peer->destination->ready.position != 0)
            return peer;
    }
    return NULL;
}

static bool may_preempt(const struct job *job, const struct job *current,
                        long slots)
{
    return job->order > current->order && job->todo > 0 &&
           slots_needed(job) <= slots;
}

static struct job *search_candidate(const struct job *current, long slots,
                                    deadline_t now)
{
    const struct transport *t = current->transport;
    struct job *best = NULL;
    double best_score = -1;

    for (struct list *n = t->jobs.next; n != &t->jobs; n = n->next) {
        struct job *job = CONTAINER_OF(n, struct job, by_transport);
        if (!may_preempt(job, current, slots))
            continue;
        double score = (double)(now - job->enqueued + 1) /
                       (double)slots_needed(job);
        if (score > best_score && ready_peer(job) != NULL) {
            best = job;
            best_score = score;
        }
    }
    return best;
}

/* Where there was no candidate, the job that came last may be one. */
static struct job *known_candidate(struct transport *t, struct job *current,
                                   long slots)
{
    if (t->candidate == NULL && t->newcomer != NULL &&
        may_preempt(t->newcomer, current, slots) &&
        ready_peer(t->newcomer) != NULL)
        t->candidate = t->newcomer;
    t->newcomer = NULL;
    return t->candidate;
}

/* The search looks at every job, so its result is kept for a moment: a better
 * one that comes meanwhile is seen within a second. */
static struct job *candidate(struct job *current, deadline_t now)
{
    struct transport *t = current->transport;
    const struct transport_settings *set = &t->set;

    if (set->slot_cost < 2)
        return NULL;
    long slots = total_entries(current) / set->slot_cost - current->slots_used;
    if (slots < 1 ||
        total_entries(current) / set->slot_cost < set->minimum_slots)
        return NULL;
    if (t->candidate_for == current && now < t->candidate_until &&
        (t->candidate == NULL || ready_peer(t->candidate) != NULL))
        return known_candidate(t, current, slots);
    t->candidate = search_candidate(current, slots, now);
    t->candidate_for = current;
    t->candidate_until = now + CANDIDATE_MS;
    return t->candidate;
}

static bool has_enough_slots(const struct job *current, long needed)
{
    const struct transport_settings *set = &current->transport->set;
    long have = current->selected / set->slot_cost - current->slots_used;

    return (have + set->slot_loan) * 100 >=
           needed * (100 - set->slot_discount);
}

static void put_in_front(struct job *job, struct job *current)
{
    job->order = current->order - 1;
    for (struct list *n = job->peers.next; n != &job->peers; n = n->next) {
        struct peer *peer = CONTAINER_OF(n, struct peer, by_job);
        heap_remove(&peer->destination->peers, &peer->node);
        heap_add(&peer->destination->peers, &peer->node, job->order);
        destination_update(peer->destination);
    }
    current->slots_used += slots_needed(job);
    list_remove(&job->sibling);
    job->parent = current;
    list_append(&current->children, &job->sibling);
    job->transport->candidate = job->transport->candidate_for = NULL;
}

/* The job to serve now: <current>, or the one that preempts it. */
static struct job *preempt(struct job *current, deadline_t now)
{
    struct job *job = candidate(current, now);

    if (job == NULL || !has_enough_slots(current, slots_needed(job)))
        return current;
    put_in_front(job, current);
    return job;
}

/* Destinations of one job take turns. */
static struct entry *next_entry(struct job *job)
{
    struct peer *peer;

    while ((peer = CONTAINER_OF(job->peers.next, struct peer, by_job))
               ->destination->ready.position == 0) {
        list_remove(&peer->by_job);
        list_append(&job->peers, &peer->by_job);
    }
    list_remove(&peer->by_job);
    list_append(&job->peers, &peer->by_job);
    struct entry *e = CONTAINER_OF(peer->todo.next, struct entry, node);
    entry_select(e);
    return e;
}

struct entry *sched_job_choose(struct transport *t, deadline_t now)
{
    struct heap_node *first = heap_first(&t->ready);
    if (first == NULL)
        return NULL;

    struct destination *d = CONTAINER_OF(first, struct destination, ready);
    struct peer *peer =
        CONTAINER_OF(heap_first(&d->peers), struct peer, node);
    return next_entry(preempt(peer->job, now));
}
