/* SPDX-License-Identifier: ISC
 *
 * num.c - numbers and times from text; nothing is guessed.
 *
 * strtol() alone would take white space, '+' and "0x" as well.
 */
#include "base/num.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

bool num_parse_long(const char *text, long min, long max, long *value)
{
    if (!text_is_all_digits(text[0] == '-' ? text + 1 : text))
        return false;
    errno = 0;
    long parsed = strtol(text, NULL, 10);
    if (errno == ERANGE || parsed < min || parsed > max)
        return false;
    *value = parsed;
    return true;
}

static int digit_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'Z')
        return c - 'A' + 10;
    return INT_MAX;
}

bool num_parse_ulong(const char *text, int base, unsigned long *value)
{
    if (text[0] == '\0')
        return false;
    unsigned long parsed = 0;
    for (; *text != '\0'; text++) {
        int digit = digit_value(*text);
        if (digit >= base)
            return false;
        if (__builtin_mul_overflow(parsed, (unsigned long)base, &parsed) ||
            __builtin_add_overflow(parsed, (unsigned long)digit, &parsed))
            return false;
    }
    *value = parsed;
    return true;
}

static int seconds_of_unit(char unit)
{
    switch (unit) {
    case 's': return 1;
    case 'm': return 60;
    case 'h': return 60 * 60;
    case 'd': return 24 * 60 * 60;
    case 'w': return 7 * 24 * 60 * 60;
    }
    return 0;
}

bool num_parse_time(const char *text, char unit, int *seconds)
{
    size_t digits = strspn(text, "0123456789");
    if (digits == 0)
        return false;
    if (text[digits] != '\0') {
        unit = text[digits];
        if (text[digits + 1] != '\0')
            return false;
    }
    int factor = seconds_of_unit(unit);
    if (factor == 0)
        return false;

    errno = 0;
    unsigned long count = strtoul(text, NULL, 10);
    if (errno == ERANGE || count > (unsigned long)(INT_MAX / factor))
        return false;
    *seconds = (int)count * factor;
    return true;
}

/* The number at *text, which is moved behind it; -1 if it is none or not
 * below <limit>. */
static long take_number(const char **text, long limit)
{
    size_t digits = strspn(*text, "0123456789");
    errno = 0;
    long number = strtol(*text, NULL, 10);
    if (digits == 0 || errno == ERANGE || number >= limit)
        return -1;
    *text += digits;
    return number;
}

bool num_parse_level(const char *text, long *level)
{
    const long part_limit = 1024;
    long value = take_number(&text, LONG_MAX / part_limit / part_limit);
    if (value < 0)
        return false;
    for (int part = 1; part <= 2; part++) {
        long number = 0;
        if (*text == '.') {
            text++;
            number = take_number(&text, part_limit);
        }
        if (number < 0)
            return false;
        value = value * part_limit + number;
    }
    *level = value;
    return *text == '\0';
}
