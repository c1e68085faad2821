/* SPDX-License-Identifier: ISC
 *
 * array.c - tests of base/array.h and base/list.h.
 */
#include "base/array.h"

#include <stdint.h>

#include "base/list.h"
#include "test.h"

TEST(array_grows)
{
    struct { ARRAY_OF(int); } numbers = ARRAY_EMPTY;
    for (int i = 0; i < 1000; i++)
        ARRAY_ADD(&numbers, i);
    CHECK_INT(numbers.count, 1000);
    for (int i = 0; i < 1000; i++)
        CHECK_INT(numbers.items[i], i);
    ARRAY_FREE(&numbers);
    CHECK_INT(numbers.count, 0);
    CHECK(numbers.items == NULL);
}

TEST(array_overflow_is_fatal)
{
    size_t capacity = SIZE_MAX / 2;
    CHECK_EXIT(array_grow(NULL, capacity, &capacity, 8), 1);
}

struct item {
    int number;
    struct list link;
};

TEST(list_keeps_order_and_may_shrink_while_walked)
{
    struct list head = LIST_INIT(head);
    struct item items[5];
    CHECK(list_is_empty(&head));
    for (int i = 0; i < 5; i++) {
        items[i].number = i;
        list_append(&head, &items[i].link);
    }
    int expected = 0;
    LIST_EACH(node, &head) {
        struct item *item = CONTAINER_OF(node, struct item, link);
        CHECK_INT(item->number, expected++);
        list_remove(node);
        list_remove(node);
    }
    CHECK_INT(expected, 5);
    CHECK(list_is_empty(&head));
    list_prepend(&head, &items[1].link);
    list_prepend(&head, &items[0].link);
    CHECK(head.next == &items[0].link && head.prev == &items[1].link);
}
