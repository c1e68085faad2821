/* SPDX-License-Identifier: ISC
 *
 * str.c - a byte string that grows, and heap memory that never fails.
 *
 * Text to add may lie in the string itself: `str_set(&s, s.data + 3)`.
 */
#include "base/str.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/fatal.h"
#include "base/format.h"

enum { SMALLEST = 64 };

char str_nothing[1];

void str_init(struct str *s)
{
    *s = (struct str)STR_EMPTY;
}

void str_fini(struct str *s)
{
    if (s->capacity > 0)
        free(s->data);
    str_init(s);
}

void str_clear(struct str *s)
{
    str_truncate(s, 0);
}

void str_truncate(struct str *s, size_t length)
{
    if (length > s->length)
        panic("str_truncate: %zu > %zu", length, s->length);
    s->length = length;
    if (s->capacity > 0)
        s->data[length] = '\0';
}

void str_reserve(struct str *s, size_t more)
{
    if (s->capacity > s->length && s->capacity - s->length > more)
        return;
    if (more >= SIZE_MAX / 2 - s->length)
        fatal("out of memory: string of %zu + %zu bytes", s->length, more);

    size_t wanted = s->length + more + 1;
    size_t capacity = s->capacity < SMALLEST / 2 ? SMALLEST : s->capacity * 2;
    if (capacity < wanted)
        capacity = wanted;
    s->data = s->capacity > 0 ? mem_realloc(s->data, capacity)
                              : mem_alloc(capacity);
    s->data[s->length] = '\0';
    s->capacity = capacity;
}

/* Where <data> is in the string, or SIZE_MAX if it is elsewhere. */
static size_t offset_within(const struct str *s, const void *data)
{
    uintptr_t at = (uintptr_t)data, start = (uintptr_t)s->data;
    if (s->capacity == 0 || at < start || at > start + s->length)
        return SIZE_MAX;
    return at - start;
}

/* Make room and return where the data to copy is afterwards. */
static const void *reserve_for(struct str *s, const void *data, size_t length)
{
    size_t offset = offset_within(s, data);
    str_reserve(s, length);
    return offset == SIZE_MAX ? data : s->data + offset;
}

void str_set(struct str *s, const char *text)
{
    str_set_bytes(s, text, strlen(text));
}

void str_set_bytes(struct str *s, const void *data, size_t length)
{
    if (length == 0) {
        str_clear(s);
        return;
    }
    size_t offset = offset_within(s, data);
    if (offset == SIZE_MAX)
        str_clear(s);
    str_reserve(s, length);
    memmove(s->data, offset == SIZE_MAX ? data : s->data + offset, length);
    s->length = length;
    s->data[length] = '\0';
}

void str_setf(struct str *s, const char *format, ...)
{
    /* Made aside, because the arguments may point into the string. */
    struct str made = STR_EMPTY;
    va_list args;
    va_start(args, format);
    str_vaddf(&made, format, args);
    va_end(args);
    str_swap(s, &made);
    str_fini(&made);
}

void str_add(struct str *s, const char *text)
{
    str_add_bytes(s, text, strlen(text));
}

void str_add_bytes(struct str *s, const void *data, size_t length)
{
    if (length == 0)
        return;
    data = reserve_for(s, data, length);
    memmove(s->data + s->length, data, length);
    s->length += length;
    s->data[s->length] = '\0';
}

void str_add_char(struct str *s, int c)
{
    str_reserve(s, 1);
    s->data[s->length++] = (char)c;
    s->data[s->length] = '\0';
}

void str_addf(struct str *s, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    str_vaddf(s, format, args);
    va_end(args);
}

void str_vaddf(struct str *s, const char *format, va_list args)
{
    /* Made aside, because the arguments may point into the string. */
    char small[512], *large = NULL;
    va_list again;
    va_copy(again, args);
    int length = format_vtext(small, sizeof small, format, args);
    if (length < 0)
        panic("str_vaddf: bad format: %s", format);
    if ((size_t)length >= sizeof small) {
        large = mem_alloc((size_t)length + 1);
        format_vtext(large, (size_t)length + 1, format, again);
    }
    va_end(again);
    str_add_bytes(s, large != NULL ? large : small, (size_t)length);
    free(large);
}

void str_remove(struct str *s, size_t at, size_t length)
{
    if (at > s->length || length > s->length - at)
        panic("str_remove: %zu + %zu > %zu", at, length, s->length);
    if (length == 0)
        return;
    memmove(s->data + at, s->data + at + length, s->length - at - length + 1);
    s->length -= length;
}

char *str_steal(struct str *s)
{
    char *text = s->capacity > 0 ? s->data : mem_strdup("");
    str_init(s);
    return text;
}

void str_swap(struct str *a, struct str *b)
{
    struct str old = *a;
    *a = *b;
    *b = old;
}

void *mem_alloc(size_t size)
{
    void *memory = malloc(size > 0 ? size : 1);
    if (memory == NULL)
        fatal("out of memory: request for %zu bytes", size);
    return memory;
}

void *mem_zalloc(size_t size)
{
    void *memory = calloc(1, size > 0 ? size : 1);
    if (memory == NULL)
        fatal("out of memory: request for %zu bytes", size);
    return memory;
}

void *mem_realloc(void *old, size_t size)
{
    void *memory = realloc(old, size > 0 ? size : 1);
    if (memory == NULL)
        fatal("out of memory: request for %zu bytes", size);
    return memory;
}

char *mem_strdup(const char *text)
{
    return mem_strndup(text, strlen(text));
}

char *mem_strndup(const char *text, size_t length)
{
    length = strnlen(text, length);
    char *copy = mem_alloc(length + 1);
    memcpy(copy, text, length);
    copy[length] = '\0';
    return copy;
}

char *mem_printf(const char *format, ...)
{
    struct str made = STR_EMPTY;
    va_list args;
    va_start(args, format);
    str_vaddf(&made, format, args);
    va_end(args);
    return str_steal(&made);
}
