/* SPDX-License-Identifier: ISC
 *
 * format.c - the few directives that log lines, replies and paths are made of.
 *
 * The C library's formatting sets up a stream for each call and looks for
 * locales, wide characters and positional arguments; over all daemons it was a
 * twelfth of what a relayed message costs.
 */
#include "base/format.h"

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

struct output {
    char *out;
    size_t size, length; /* <length> counts what did not fit, too */
};

/* After '%': [0][width or *] or [.*], and [l|z]. */
struct directive {
    bool zero_padded, width_follows, has_precision;
    unsigned width;
    int precision;
    char size; /* 0, 'l' or 'z' */
    char what;
};

enum { WIDTH_MAX = 99, DIGITS_MAX = 32, LENGTH_MAX = INT_MAX / 4 };

static void put(struct output *o, const char *text, size_t length)
{
    if (o->length < o->size) {
        size_t room = o->size - o->length;
        memcpy(o->out + o->length, text, length < room ? length : room);
    }
    o->length += length;
}

/* NULL if it is one for the C library. */
static const char *parse(const char *at, struct directive *d)
{
    *d = (struct directive){ 0 };
    if (*at == '0') {
        d->zero_padded = true;
        at++;
    }
    if (*at == '*') {
        d->width_follows = true;
        at++;
    }
    for (; *at >= '0' && *at <= '9'; at++) {
        d->width = d->width * 10 + (unsigned)(*at - '0');
        if (d->width > WIDTH_MAX)
            return NULL;
    }
    if (at[0] == '.' && at[1] == '*') {
        d->has_precision = true;
        at += 2;
    }
    if (*at == 'l' || *at == 'z')
        d->size = *at++;
    d->what = *at;
    return at;
}

static void put_number(struct output *o, const struct directive *d,
                       uintmax_t value, bool negative)
{
    const char *digits =
        d->what == 'X' ? "0123456789ABCDEF" : "0123456789abcdef";
    unsigned base = d->what == 'x' || d->what == 'X' ? 16 : 10;
    char text[WIDTH_MAX + DIGITS_MAX];
    char *end = text + sizeof text, *at = end;

    do {
        *--at = digits[value % base];
        value /= base;
    } while (value > 0);
    unsigned sign = negative ? 1 : 0;
    while (d->zero_padded && (size_t)(end - at) + sign < d->width)
        *--at = '0';
    if (negative)
        *--at = '-';
    while ((size_t)(end - at) < d->width)
        *--at = ' ';
    put(o, at, (size_t)(end - at));
}

static bool put_string(struct output *o, const struct directive *d,
                       const char *text)
{
    bool limited = d->has_precision && d->precision >= 0;

    if (text == NULL)
        return false;
    size_t length =
        limited ? strnlen(text, (size_t)d->precision) : strlen(text);
    if (length > LENGTH_MAX || o->length > LENGTH_MAX)
        return false;
    put(o, text, length);
    return true;
}

static bool is_plain(const struct directive *d)
{
    bool has_width = d->width > 0 || d->width_follows || d->zero_padded;

    switch (d->what) {
    case '%':
    case 'c': return !d->has_precision && !has_width && d->size == 0;
    case 's': return !has_width && d->size == 0;
    case 'd':
    case 'u':
    case 'x':
    case 'X': return !d->has_precision;
    default: return false;
    }
}

/* In a struct, as functions that advance it take it by pointer. */
struct arguments {
    va_list list;
};

static void put_integer(struct output *o, const struct directive *d,
                        struct arguments *from)
{
    if (d->what == 'd' && d->size != 'z') {
        intmax_t value =
            d->size == 'l' ? va_arg(from->list, long) : va_arg(from->list, int);
        uintmax_t size = value < 0 ? 0 - (uintmax_t)value : (uintmax_t)value;
        put_number(o, d, size, value < 0);
    } else if (d->size == 'z') {
        put_number(o, d, va_arg(from->list, size_t), false);
    } else if (d->size == 'l') {
        put_number(o, d, va_arg(from->list, unsigned long), false);
    } else {
        put_number(o, d, va_arg(from->list, unsigned), false);
    }
}

static bool put_directive(struct output *o, struct directive *d,
                          struct arguments *from)
{
    if (!is_plain(d) || (d->what == 'd' && d->size == 'z'))
        return false;
    if (d->width_follows) {
        int width = va_arg(from->list, int);
        if (width < 0 || width > WIDTH_MAX)
            return false;
        d->width = (unsigned)width;
    }
    if (d->has_precision)
        d->precision = va_arg(from->list, int);
    if (d->what == 's')
        return put_string(o, d, va_arg(from->list, const char *));
    if (d->what == '%') {
        put(o, "%", 1);
    } else if (d->what == 'c') {
        char c = (char)va_arg(from->list, int);
        put(o, &c, 1);
    } else {
        put_integer(o, d, from);
    }
    return true;
}

static bool put_all(struct output *o, const char *format,
                    struct arguments *from)
{
    struct directive d;

    for (;;) {
        const char *next = strchrnul(format, '%');
        put(o, format, (size_t)(next - format));
        if (*next == '\0')
            return true;
        next = parse(next + 1, &d);
        if (next == NULL || !put_directive(o, &d, from))
            return false;
        format = next + 1;
    }
}

int format_vtext(char *out, size_t size, const char *format, va_list args)
{
    struct output o = { .out = out, .size = size };
    struct arguments again;

    va_copy(again.list, args);
    bool done = put_all(&o, format, &again);
    va_end(again.list);
    if (!done)
        return vsnprintf(out, size, format, args);
    if (size > 0)
        out[o.length < size ? o.length : size - 1] = '\0';
    return (int)o.length;
}

int format_text(char *out, size_t size, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int length = format_vtext(out, size, format, args);
    va_end(args);
    return length;
}
