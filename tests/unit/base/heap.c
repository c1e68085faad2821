/* SPDX-License-Identifier: ISC
 *
 * heap.c - tests of base/heap.h.
 */
#include "base/heap.h"

#include "test.h"

TEST(heap_gives_the_smallest_first)
{
    enum { MANY = 1000 };
    static struct heap_node nodes[MANY];
    struct heap heap;
    heap_init(&heap);
    CHECK(heap_first(&heap) == NULL);
    for (int i = 0; i < MANY; i++)
        heap_add(&heap, &nodes[i], i * 7919 % MANY - 500);
    for (int i = 0; i < MANY; i += 3)
        heap_remove(&heap, &nodes[i]);
    heap_remove(&heap, &nodes[0]);

    int64_t before = INT64_MIN;
    size_t seen = 0;
    for (struct heap_node *node; (node = heap_first(&heap)) != NULL; seen++) {
        CHECK(node->key >= before);
        CHECK((node - nodes) % 3 != 0);
        before = node->key;
        heap_remove(&heap, node);
        CHECK_INT(node->position, 0);
    }
    CHECK_INT(seen, MANY - 334);
    heap_fini(&heap);
}

TEST(heap_add_again_changes_the_key)
{
    struct heap_node a = { 0 }, b = { 0 }, c = { 0 };
    struct heap heap;
    heap_init(&heap);
    heap_add(&heap, &a, 1);
    heap_add(&heap, &b, INT64_MIN);
    heap_add(&heap, &c, INT64_MAX);
    CHECK(heap_first(&heap) == &b);
    heap_add(&heap, &b, 5);
    CHECK(heap_first(&heap) == &a);
    heap_add(&heap, &c, 0);
    CHECK(heap_first(&heap) == &c);
    CHECK_INT(heap.count, 3);
    heap_fini(&heap);
    CHECK_INT(a.position, 0);
}
