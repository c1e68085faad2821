/* SPDX-License-Identifier: ISC
 *
 * array.c - an array that grows.
 */
#include "base/array.h"

#include <stdint.h>

#include "base/fatal.h"
#include "base/str.h"

void *array_grow(void *items, size_t count, size_t *capacity, size_t size)
{
    if (count < *capacity)
        return items;
    size_t wanted = *capacity == 0 ? 8 : *capacity * 2;
    if (wanted < *capacity || wanted > SIZE_MAX / 2 / size)
        fatal("out of memory: array of %zu times %zu bytes", wanted, size);
    items = mem_realloc(items, wanted * size);
    *capacity = wanted;
    return items;
}
