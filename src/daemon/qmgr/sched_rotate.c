/* SPDX-License-Identifier: ISC
 *
 * sched_rotate.c - oqmgr's strategy: destinations take turns, and each works
 * on its messages in the order in which they came.
 */
#include "scheduler.h"

struct entry *sched_rotate_choose(struct transport *t)
{
    struct heap_node *first = heap_first(&t->ready);
    if (first == NULL)
        return NULL;

    struct destination *d = CONTAINER_OF(first, struct destination, ready);
    struct peer *peer =
        CONTAINER_OF(heap_first(&d->peers), struct peer, node);
    struct entry *e = CONTAINER_OF(peer->todo.next, struct entry, node);
    d->turn = ++t->scheduler->turn;
    entry_select(e);
    return e;
}
