/* SPDX-License-Identifier: ISC
 *
 * array.h - an array that grows, typed by its member.
 *
 *     struct { ARRAY_OF(const char *); } names = ARRAY_EMPTY;
 *     ARRAY_ADD(&names, "x");
 *     use(names.items[0], names.count);
 *     ARRAY_FREE(&names);
 */
#ifndef BASE_ARRAY_H
#define BASE_ARRAY_H

#include <stddef.h>
#include <stdlib.h>

#define ARRAY_OF(type) \
    type *items;       \
    size_t count;      \
    size_t capacity
#define ARRAY_EMPTY { NULL, 0, 0 }

/* Room for one more; fatal() when memory is short. */
void *array_grow(void *items, size_t count, size_t *capacity, size_t size);

#define ARRAY_ADD(a, value)                                              \
    ((a)->items = array_grow((a)->items, (a)->count, &(a)->capacity,     \
                             sizeof *(a)->items),                        \
     (a)->items[(a)->count++] = (value))
#define ARRAY_FREE(a) \
    (free((a)->items), (a)->items = NULL, (a)->count = (a)->capacity = 0)

#endif
