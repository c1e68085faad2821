/* SPDX-License-Identifier: ISC
 *
 * num.c - tests of base/num.h.
 */
#include "base/num.h"

#include <limits.h>

#include "base/str.h"
#include "test.h"

TEST(num_parse_long_takes_nothing_but_digits)
{
    static const char *const bad[] = { "",   "-",   "+1", " 1", "1 ", "0x1",
                                       "1.", "--1", "1a", "-101", "101",
                                       "99999999999999999999" };
    long value = 7;
    for (size_t i = 0; i < COUNT(bad); i++)
        CHECK(!num_parse_long(bad[i], -100, 100, &value));
    CHECK_INT(value, 7);
    CHECK(num_parse_long("-100", -100, 100, &value));
    CHECK_INT(value, -100);
    CHECK(num_parse_long("0100", -100, 100, &value));
    CHECK_INT(value, 100);
}

TEST(num_parse_long_to_the_ends)
{
    struct str s = STR_EMPTY;
    long value;
    str_setf(&s, "%ld", LONG_MIN);
    CHECK(num_parse_long(s.data, LONG_MIN, LONG_MAX, &value));
    CHECK_INT(value, LONG_MIN);
    CHECK(!num_parse_long("-9223372036854775809", LONG_MIN, LONG_MAX, &value));
    CHECK(!num_parse_long("9223372036854775808", LONG_MIN, LONG_MAX, &value));
    str_fini(&s);
}

TEST(num_parse_ulong_in_any_base)
{
    unsigned long value;
    CHECK(num_parse_ulong("777", 8, &value) && value == 0777);
    CHECK(num_parse_ulong("fFfF", 16, &value) && value == 0xffff);
    CHECK(num_parse_ulong("zz", 36, &value) && value == 35 * 36 + 35);
    CHECK(num_parse_ulong("18446744073709551615", 10, &value));
    CHECK(value == ULONG_MAX);
    CHECK(!num_parse_ulong("18446744073709551616", 10, &value));
    CHECK(!num_parse_ulong("8", 8, &value));
    CHECK(!num_parse_ulong("", 10, &value));
    CHECK(!num_parse_ulong("-1", 10, &value));
    CHECK(!num_parse_ulong("0x1", 16, &value));
}

TEST(num_parse_time_with_units)
{
    static const struct { const char *text; char unit; int want; } cases[] = {
        { "0", 's', 0 },        { "10", 's', 10 },   { "10", 'd', 864000 },
        { "10s", 'd', 10 },     { "5m", 's', 300 },  { "2h", 's', 7200 },
        { "1d", 's', 86400 },   { "1w", 's', 604800 },
        { "2147483647", 's', INT_MAX },
    };
    static const char *const bad[] = { "", "s", "-1", "1 s", "1ss", "1x", "1S",
                                       "2147483648", "3551w", "1.5h",
                                       "99999999999999999999999" };
    int seconds;
    for (size_t i = 0; i < COUNT(cases); i++) {
        CHECK(num_parse_time(cases[i].text, cases[i].unit, &seconds));
        CHECK_INT(seconds, cases[i].want);
    }
    for (size_t i = 0; i < COUNT(bad); i++)
        CHECK(!num_parse_time(bad[i], 's', &seconds));
}

TEST(num_parse_level_compares_by_part)
{
    static const char *const rising[] = { "0",    "1",     "1.2.3", "1.3",
                                          "3",    "3.6",   "3.9",   "3.10",
                                          "3.10.1", "3.1023.1023", "4",
                                          "2147483647" };
    static const char *const bad[] = { "", "x", "3.", ".3", "3.x", "3.1024",
                                       "1.1.1024", "1.1.1.1", "-1", " 1", "1 ",
                                       "9999999999999999999999" };
    long before = -1, level;
    for (size_t i = 0; i < COUNT(rising); i++) {
        CHECK(num_parse_level(rising[i], &level));
        CHECK(level > before);
        before = level;
    }
    for (size_t i = 0; i < COUNT(bad); i++)
        CHECK(!num_parse_level(bad[i], &level));
    long three = 0, zeros = 0;
    CHECK(num_parse_level("3", &three) && num_parse_level("03.0.0", &zeros));
    CHECK_INT(three, zeros);
}
