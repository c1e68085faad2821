/* SPDX-License-Identifier: ISC
 *
 * heap.h - a priority queue: the smallest key first.
 */
#ifndef BASE_HEAP_H
#define BASE_HEAP_H

#include <stddef.h>
#include <stdint.h>

/* Embed a heap_node in what is queued. position is 0 while not queued. */
struct heap_node {
    int64_t key;
    size_t position;
};

struct heap {
    struct heap_node **nodes; /* owned array of borrowed nodes */
    size_t count, capacity;
};

void heap_init(struct heap *heap);
/* What is queued belongs to the caller, and stays. */
void heap_fini(struct heap *heap);
/* Equal keys leave in any order. */
void heap_add(struct heap *heap, struct heap_node *node, int64_t key);
void heap_remove(struct heap *heap, struct heap_node *node); /* no-op if out */
struct heap_node *heap_first(const struct heap *heap); /* NULL if empty */

#endif
