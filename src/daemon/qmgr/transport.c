/* SPDX-License-Identifier: ISC
 *
 * transport.c - transports, and the timers that stop and start deliveries.
 */
#include "scheduler.h"

#include <stdlib.h>

#include "base/str.h"

void scheduler_init(struct scheduler *s)
{
    *s = (struct scheduler){ .transports = hash_new(), .dead_limit = 20000 };
    heap_init(&s->timers);
}

static void transport_free(void *value)
{
    struct transport *t = value;

    hash_free(t->destinations, NULL);
    heap_fini(&t->ready);
    for (int i = 0; i < RECENT_MAX; i++)
        free(t->recent[i].name);
    free(t->hold.status);
    free(t->hold.reason);
    free(t->name);
    free(t);
}

/* Destinations that are in use when this happens are leaked: the process
 * ends, or a test has made a mistake. */
void scheduler_fini(struct scheduler *s)
{
    heap_fini(&s->timers);
    hash_free(s->transports, transport_free);
    s->transports = NULL;
}

struct transport *transport_find(struct scheduler *s, const char *name)
{
    return hash_get(s->transports, name);
}

struct transport *transport_new(struct scheduler *s, const char *name,
                                const struct transport_settings *settings)
{
    struct transport *t = mem_zalloc(sizeof *t);

    t->name = mem_strdup(name);
    t->scheduler = s;
    t->set = *settings;
    t->destinations = hash_new();
    heap_init(&t->ready);
    list_init(&t->jobs);
    list_init(&t->idle);
    t->hold.transport = t;
    hash_put(s->transports, name, t);
    return t;
}

/* ---- Suspension -------------------------------------------------------- */

static void set_text(char **member, const char *text)
{
    char *copy = text != NULL ? mem_strdup(text) : NULL;

    free(*member);
    *member = copy;
}

static void suspend(struct scheduler *s, struct suspension *hold,
                    enum run_state state, deadline_t until,
                    const char *status, const char *reason)
{
    heap_remove(&s->timers, &hold->node);
    heap_add(&s->timers, &hold->node, until);
    hold->state = state;
    set_text(&hold->status, status);
    set_text(&hold->reason, reason);
}

static void resume(struct scheduler *s, struct suspension *hold)
{
    heap_remove(&s->timers, &hold->node);
    hold->state = RUN_FREE;
    set_text(&hold->status, NULL);
    set_text(&hold->reason, NULL);
}

void transport_suspend(struct transport *t, enum run_state state,
                       deadline_t until, const char *status,
                       const char *reason)
{
    suspend(t->scheduler, &t->hold, state, until, status, reason);
}

void transport_resume(struct transport *t)
{
    resume(t->scheduler, &t->hold);
}

void destination_suspend(struct destination *d, enum run_state state,
                         deadline_t until, const char *status,
                         const char *reason)
{
    struct scheduler *s = d->transport->scheduler;

    s->dead_count +=
        (state == RUN_DEAD) - (d->hold.state == RUN_DEAD);
    suspend(s, &d->hold, state, until, status, reason);
    destination_update(d);
}

void destination_resume(struct destination *d)
{
    struct scheduler *s = d->transport->scheduler;

    if (d->hold.state == RUN_DEAD) {
        s->dead_count--;
        d->window = d->transport->set.initial_concurrency;
        d->success = d->failure = d->failed_cohorts = 0;
    }
    resume(s, &d->hold);
    destination_update(d);
    destination_release(d);
}

deadline_t scheduler_next_timer(const struct scheduler *s)
{
    const struct heap_node *first = heap_first(&s->timers);

    return first != NULL ? first->key : DEADLINE_NEVER;
}

struct transport *scheduler_expire(struct scheduler *s, deadline_t now)
{
    struct heap_node *first = heap_first(&s->timers);

    if (first == NULL || first->key > now)
        return NULL;
    struct suspension *hold = CONTAINER_OF(first, struct suspension, node);
    if (hold->transport != NULL) {
        transport_resume(hold->transport);
        return hold->transport;
    }
    struct transport *t = hold->destination->transport;
    destination_resume(hold->destination);
    return t;
}

struct entry *scheduler_choose(struct transport *t, deadline_t now)
{
    return t->scheduler->rotate ? sched_rotate_choose(t)
                                : sched_job_choose(t, now);
}
