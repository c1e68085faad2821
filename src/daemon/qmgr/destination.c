/* SPDX-License-Identifier: ISC
 *
 * destination.c - next hops: who is ready for one more delivery.
 */
#include "scheduler.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"

struct destination *destination_find(struct transport *t, const char *name)
{
    return hash_get(t->destinations, name);
}

/* ---- Traffic ----------------------------------------------------------- */

/* Deliveries in a row that show a destination to be a busy one, although each
 * had left when the next came. */
enum { MANY_IN_A_ROW = 5 };

static bool is_recent(const struct traffic *traffic, deadline_t now)
{
    return traffic->last_done != 0 && now - traffic->last_done < TRAFFIC_MS;
}

void destination_count(struct destination *d, deadline_t now)
{
    d->traffic.in_a_row =
        is_recent(&d->traffic, now) ? d->traffic.in_a_row + 1 : 1;
    d->traffic.last_done = now;
    d->is_used = true;
}

bool destination_has_traffic(const struct destination *d, deadline_t now)
{
    return d->todo > 0 ||
           (is_recent(&d->traffic, now) &&
            (d->is_used || d->traffic.in_a_row >= MANY_IN_A_ROW));
}

static void recall_traffic(struct destination *d)
{
    const struct transport *t = d->transport;

    for (int i = 0; i < RECENT_MAX; i++)
        if (t->recent[i].name != NULL &&
            strcmp(t->recent[i].name, d->name) == 0) {
            d->traffic = t->recent[i].traffic;
            return;
        }
}

/* Takes the name, in place of the oldest or of its own last one. */
static void remember_traffic(struct destination *d)
{
    struct transport *t = d->transport;
    int place = t->next_recent;

    for (int i = 0; i < RECENT_MAX; i++)
        if (t->recent[i].name != NULL &&
            strcmp(t->recent[i].name, d->name) == 0)
            place = i;
    if (place == t->next_recent)
        t->next_recent = (place + 1) % RECENT_MAX;
    free(t->recent[place].name);
    t->recent[place].name = d->name;
    t->recent[place].traffic = d->traffic;
    d->name = NULL;
}

/* ---- Their life -------------------------------------------------------- */

static long first_window(const struct transport_settings *set)
{
    if (set->concurrency_limit > 0 &&
        set->initial_concurrency > set->concurrency_limit)
        return set->concurrency_limit;
    return set->initial_concurrency;
}

struct destination *destination_new(struct transport *t, const char *name,
                                    const char *nexthop)
{
    struct destination *d = mem_zalloc(sizeof *d);

    d->name = mem_strdup(name);
    d->nexthop = mem_strdup(nexthop);
    d->transport = t;
    heap_init(&d->peers);
    d->hold.destination = d;
    d->window = first_window(&t->set);
    recall_traffic(d);
    hash_put(t->destinations, name, d);
    return d;
}

void destination_release(struct destination *d)
{
    if (d->busy > 0 || d->todo > 0 || d->hold.state != RUN_FREE)
        return;
    hash_remove(d->transport->destinations, d->name);
    if (d->is_used)
        remember_traffic(d);
    heap_fini(&d->peers);
    free(d->hold.status);
    free(d->hold.reason);
    free(d->name);
    free(d->nexthop);
    free(d);
}

/* ---- What is ready ----------------------------------------------------- */

static bool is_ready(const struct destination *d)
{
    return d->peers.count > 0 && d->hold.state == RUN_FREE &&
           d->busy - (d->settling < SETTLING_MAX ? d->settling
                                                  : SETTLING_MAX) <
               d->window;
}

void destination_update(struct destination *d)
{
    struct heap *ready = &d->transport->ready;

    if (!is_ready(d)) {
        heap_remove(ready, &d->ready);
        return;
    }
    int64_t key = d->transport->scheduler->rotate
                      ? d->turn
                      : heap_first(&d->peers)->key;
    if (d->ready.position != 0 && d->ready.key == key)
        return;
    heap_remove(ready, &d->ready);
    heap_add(ready, &d->ready, key);
}

static void take_peer(struct peer *peer, struct list *out)
{
    struct destination *d = peer->destination;
    struct job *job = peer->job;

    LIST_EACH(node, &peer->todo) {
        struct entry *e = CONTAINER_OF(node, struct entry, node);
        e->peer = NULL;
        e->destination = NULL;
        list_remove(node);
        list_append(out, node);
        d->todo--;
        d->transport->todo--;
        job->todo--;
        d->transport->recipients -= (long)e->count;
    }
    heap_remove(&d->peers, &peer->node);
    list_remove(&peer->by_job);
    free(peer);
    job_retire_if_done(job);
}

void destination_take_todo(struct destination *d, struct list *out)
{
    struct heap_node *first;

    while ((first = heap_first(&d->peers)) != NULL)
        take_peer(CONTAINER_OF(first, struct peer, node), out);
    destination_update(d);
}
