/* SPDX-License-Identifier: ISC
 *
 * heap.c - a priority queue: the smallest key first.
 *
 * A binary heap. A node knows its place, counted from 1, so that it can be
 * taken out from the middle without a search.
 */
#include "base/heap.h"

#include "base/array.h"

void heap_init(struct heap *heap)
{
    *heap = (struct heap){ 0 };
}

void heap_fini(struct heap *heap)
{
    for (size_t i = 0; i < heap->count; i++)
        heap->nodes[i]->position = 0;
    free(heap->nodes);
    heap_init(heap);
}

static void place(struct heap *heap, struct heap_node *node, size_t position)
{
    heap->nodes[position - 1] = node;
    node->position = position;
}

static void move_up(struct heap *heap, struct heap_node *node)
{
    size_t at = node->position;
    for (; at > 1; at /= 2) {
        struct heap_node *parent = heap->nodes[at / 2 - 1];
        if (parent->key <= node->key)
            break;
        place(heap, parent, at);
    }
    place(heap, node, at);
}

static void move_down(struct heap *heap, struct heap_node *node)
{
    size_t at = node->position;
    for (size_t child; (child = at * 2) <= heap->count; at = child) {
        if (child < heap->count &&
            heap->nodes[child]->key < heap->nodes[child - 1]->key)
            child++;
        if (heap->nodes[child - 1]->key >= node->key)
            break;
        place(heap, heap->nodes[child - 1], at);
    }
    place(heap, node, at);
}

void heap_add(struct heap *heap, struct heap_node *node, int64_t key)
{
    heap_remove(heap, node);
    heap->nodes = array_grow(heap->nodes, heap->count, &heap->capacity,
                             sizeof *heap->nodes);
    node->key = key;
    node->position = ++heap->count;
    move_up(heap, node);
}

void heap_remove(struct heap *heap, struct heap_node *node)
{
    if (node->position == 0)
        return;
    struct heap_node *last = heap->nodes[--heap->count];
    if (last != node) {
        place(heap, last, node->position);
        move_up(heap, last);
        move_down(heap, last);
    }
    node->position = 0;
}

struct heap_node *heap_first(const struct heap *heap)
{
    return heap->count == 0 ? NULL : heap->nodes[0];
}
