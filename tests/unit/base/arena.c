/* SPDX-License-Identifier: ISC
 *
 * arena.c - tests of base/arena.h.
 */
#include "base/arena.h"

#include <stdint.h>
#include <string.h>

#include "test.h"

TEST(arena_memory_is_aligned_and_separate)
{
    struct arena *arena = arena_new();
    unsigned char *blocks[200];
    for (size_t i = 0; i < COUNT(blocks); i++) {
        blocks[i] = arena_alloc(arena, i);
        CHECK_INT((uintptr_t)blocks[i] % _Alignof(max_align_t), 0);
        memset(blocks[i], (int)i, i);
    }
    for (size_t i = 1; i < COUNT(blocks); i++)
        CHECK(blocks[i][0] == i && blocks[i][i - 1] == i);
    arena_free(arena);
    arena_free(NULL);
}

TEST(arena_large_requests_live_beside_small_ones)
{
    struct arena *arena = arena_new();
    char *small = arena_strdup(arena, "small");
    char *large = arena_zalloc(arena, 1 << 20);
    char *again = arena_strdup(arena, "again");
    for (size_t size = 1; size < 300000; size *= 3)
        memset(arena_alloc(arena, size), 'x', size);
    CHECK_STR(small, "small");
    CHECK_STR(again, "again");
    CHECK(large[0] == '\0' && large[(1 << 20) - 1] == '\0');
    arena_free(arena);
}

TEST(arena_reset_starts_again)
{
    struct arena *arena = arena_new();
    for (int round = 0; round < 3; round++) {
        char *first = arena_zalloc(arena, 1000);
        memset(first, 'x', 1000);
        memset(arena_alloc(arena, 100000), 'y', 100000);
        arena_reset(arena);
    }
    arena_free(arena);
}

TEST(arena_copies)
{
    struct arena *arena = arena_new();
    CHECK_STR(arena_strdup(arena, ""), "");
    CHECK_STR(arena_strndup(arena, "abcdef", 3), "abc");
    CHECK_STR(arena_strndup(arena, "ab", 300), "ab");
    CHECK_STR(arena_strndup(arena, "ab", 0), "");
    CHECK_STR(arena_printf(arena, "%s-%d", "x", 7), "x-7");
    CHECK_BYTES(arena_memdup(arena, "a\0b", 3), 3, "a\0b", 3);
    CHECK(arena_memdup(arena, NULL, 0) != NULL);
    int *numbers = arena_array(arena, 100, sizeof *numbers);
    CHECK_INT(numbers[99], 0);
    arena_free(arena);
}

TEST(arena_overflow_is_fatal)
{
    struct arena *arena = arena_new();
    CHECK_EXIT(arena_array(arena, SIZE_MAX / 2, 3), 1);
    CHECK_EXIT(arena_alloc(arena, SIZE_MAX), 1);
    CHECK_EXIT(arena_alloc(arena, SIZE_MAX - 8), 1);
    arena_free(arena);
}
