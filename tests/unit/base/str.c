/* SPDX-License-Identifier: ISC
 *
 * str.c - tests of base/str.h.
 */
#include "base/str.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "test.h"

TEST(str_empty_is_like_any_other)
{
    struct str s = STR_EMPTY;
    CHECK_STR(s.data, "");
    str_clear(&s);
    str_truncate(&s, 0);
    str_add(&s, "");
    str_add_bytes(&s, NULL, 0);
    str_set_bytes(&s, NULL, 0);
    str_remove(&s, 0, 0);
    CHECK_INT(s.capacity, 0);
    char *text = str_steal(&s);
    CHECK_STR(text, "");
    free(text);
    str_fini(&s);
    CHECK_STR(str_nothing, "");
}

TEST(str_is_always_terminated)
{
    struct str s = STR_EMPTY;
    for (size_t i = 0; i < 1000; i++) {
        str_add_char(&s, 'a' + (int)(i % 26));
        CHECK_INT(s.data[s.length], 0);
    }
    CHECK_INT(strlen(s.data), 1000);
    str_truncate(&s, 3);
    CHECK_STR(s.data, "abc");
    str_reserve(&s, 100000);
    CHECK_STR(s.data, "abc");
    str_fini(&s);
}

TEST(str_keeps_nul_bytes)
{
    struct str s = STR_EMPTY;
    str_add_bytes(&s, "a\0b", 3);
    str_add_char(&s, 0);
    str_add_bytes(&s, "c", 1);
    CHECK_BYTES(s.data, s.length, "a\0b\0c", 5);
    str_fini(&s);
}

TEST(str_takes_its_own_text)
{
    struct str s = STR_EMPTY;
    str_set(&s, "0123456789");
    str_set(&s, s.data + 3);
    CHECK_STR(s.data, "3456789");
    for (int i = 0; i < 5; i++)
        str_add(&s, s.data);
    CHECK_INT(s.length, 7 * 32);
    CHECK(strncmp(s.data + 7 * 31, "3456789", 8) == 0);
    str_setf(&s, "<%.3s>", s.data);
    CHECK_STR(s.data, "<345>");
    str_addf(&s, "%s%s", s.data, s.data);
    CHECK_STR(s.data, "<345><345><345>");
    str_fini(&s);
}

TEST(str_removes)
{
    struct str s = STR_EMPTY;
    str_set(&s, "abcde");
    str_remove(&s, 1, 3);
    CHECK_STR(s.data, "ae");
    str_remove(&s, 2, 0);
    str_remove(&s, 0, 2);
    CHECK_STR(s.data, "");
    CHECK_EXIT(str_remove(&s, 0, 1), -6);
    CHECK_EXIT(str_truncate(&s, 1), -6);
    str_fini(&s);
}

TEST(str_formats_of_any_length)
{
    struct str s = STR_EMPTY;
    for (int width = 250; width < 260; width++) {
        str_setf(&s, "%*d", width, 5);
        CHECK_INT(s.length, width);
    }
    str_addf(&s, "%5000s", "");
    CHECK_INT(s.length, 5259);
    str_fini(&s);
}

TEST(str_steal_and_swap)
{
    struct str a = STR_EMPTY, b = STR_EMPTY;
    str_set(&a, "a");
    str_swap(&a, &b);
    CHECK_STR(a.data, "");
    CHECK_STR(b.data, "a");
    char *text = str_steal(&b);
    CHECK_STR(text, "a");
    CHECK_STR(b.data, "");
    free(text);
    str_fini(&a);
    str_fini(&b);
}

TEST(mem_copies)
{
    char *a = mem_strdup("x"), *b = mem_strndup("xyz", 2);
    char *c = mem_printf("%d", 3);
    CHECK_STR(a, "x");
    CHECK_STR(b, "xy");
    CHECK_STR(c, "3");
    free(a);
    free(b);
    free(c);
    void *nothing = mem_alloc(0);
    CHECK(nothing != NULL);
    free(nothing);
}

TEST(str_overflow_is_fatal)
{
    struct str s = STR_EMPTY;
    str_set(&s, "x");
    CHECK_EXIT(str_reserve(&s, SIZE_MAX), 1);
    CHECK_EXIT(str_reserve(&s, SIZE_MAX / 2), 1);
    str_fini(&s);
}
