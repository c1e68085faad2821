/* SPDX-License-Identifier: ISC
 *
 * list.h - a doubly linked list threaded through its members.
 */
#ifndef BASE_LIST_H
#define BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct list {
    struct list *next, *prev; /* a head points to itself when empty */
};

#define LIST_INIT(head) { &(head), &(head) }
#define CONTAINER_OF(pointer, type, member) \
    ((type *)(void *)((char *)(pointer) - offsetof(type, member)))

static inline void list_init(struct list *head)
{
    head->next = head->prev = head;
}

static inline bool list_is_empty(const struct list *head)
{
    return head->next == head;
}

static inline void list_insert_after(struct list *at, struct list *node)
{
    node->next = at->next;
    node->prev = at;
    at->next->prev = node;
    at->next = node;
}

static inline void list_prepend(struct list *head, struct list *node)
{
    list_insert_after(head, node);
}

static inline void list_append(struct list *head, struct list *node)
{
    list_insert_after(head->prev, node);
}

/* Afterwards the node is an empty list itself, so removing twice is safe. */
static inline void list_remove(struct list *node)
{
    node->prev->next = node->next;
    node->next->prev = node->prev;
    list_init(node);
}

/* The loop body may remove <node>, and nothing else. */
#define LIST_EACH(node, head)                                              \
    for (struct list *node = (head)->next, *node##_next = node->next;      \
         node != (head); node = node##_next, node##_next = node->next)

#endif
