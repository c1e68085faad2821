/* SPDX-License-Identifier: ISC
 *
 * format.c - tests of base/format.h: the same as the C library's, byte by byte.
 */
#include "base/format.h"

#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "test.h"

/* With each size of the output that a text of up to 64 bytes may meet. */
#define SAME(...) do { \
    for (size_t size = 0; size < 70; size++) { \
        char want[80], got[80]; \
        memset(want, '#', sizeof want); \
        memset(got, '#', sizeof got); \
        errno = ENOENT; \
        int wanted = snprintf(want, size, __VA_ARGS__); \
        errno = ENOENT; \
        int length = format_text(got, size, __VA_ARGS__); \
        CHECK_INT(length, wanted); \
        CHECK_BYTES(got, sizeof got, want, sizeof want); \
    } \
} while (0)

#ifndef __clang__
#pragma GCC diagnostic ignored "-Wformat-truncation"
#endif

TEST(format_is_that_of_the_library)
{
    const char *none = "";

    SAME("%s", none);
    SAME("plain");
    SAME("100%%");
    SAME("%s[%d]: %s", "postfix/smtpd", 4711, "connect");
    SAME("%c%c", 'a', '\n');
    SAME("%.*s;%s", 3, "rfc822", "x");
    SAME("%.*s|", -1, "all of it");
    SAME("%.*s|", 0, "none of it");
}

TEST(format_numbers)
{
    SAME("%d %d %d %d", 0, -1, INT_MAX, INT_MIN);
    SAME("%ld %ld", LONG_MAX, LONG_MIN);
    SAME("%u %lu", UINT_MAX, ULONG_MAX);
    SAME("%zu", SIZE_MAX);
    SAME("%x %X %lx %lX", 0xbeefU, 0xbeefU, 0xdeadbeefUL, 0xdeadbeefUL);
    SAME("%05X%lX", 0xffU, 0x1234abcdUL);
    SAME("%2d %02d %3d %03d", 7, 7, -7, -7);
    SAME("%02d:%02d", 12, 345);
    SAME("%0*ld|%*d|%*d", 5, 42L, 5, 42, -5, 42);
    SAME("%40d|", 5);
}

TEST(format_leaves_the_rest_to_the_library)
{
    const char *volatile missing = NULL; /* unknown to the compiler */

    SAME("%s is %s", "it", missing);
    SAME("%s: %m", "open");
    SAME("%-8s|%8s|%.2f|%5.1f", "left", "right", 3.14159, 2.5);
    SAME("%.3s|%.3d", "abcdef", 5);
    SAME("%lld %hhd %p", 5LL, (signed char)-3, (void *)0);
    SAME("%+d % d %#x", 5, 5, 5U);
    SAME("%zd %i", (ssize_t)-5, -5);
    SAME("%60s|", "x");
}
