/* SPDX-License-Identifier: ISC
 *
 * str.h - a byte string that grows; any bytes, always followed by a NUL.
 */
#ifndef BASE_STR_H
#define BASE_STR_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

struct str {
    char *data;      /* owned; never NULL after str_init */
    size_t length;   /* without the NUL that always follows */
    size_t capacity; /* 0: data is a shared constant "" */
};

/* `struct str s = STR_EMPTY;` may be used and freed like any other. */
extern char str_nothing[1];
#define STR_EMPTY { str_nothing, 0, 0 }

void str_init(struct str *s);
void str_fini(struct str *s);
void str_clear(struct str *s);                    /* keeps the memory */
void str_truncate(struct str *s, size_t length);  /* length <= s->length */
void str_reserve(struct str *s, size_t more);     /* room for <more> bytes */
/* Replace, or with _add append. The text may point into the string itself.
 * What does not fit into memory is fatal(). */
void str_set(struct str *s, const char *text);
void str_set_bytes(struct str *s, const void *data, size_t length);
void str_setf(struct str *s, const char *format, ...) PRINTF_LIKE(2, 3);
void str_add(struct str *s, const char *text);
void str_add_bytes(struct str *s, const void *data, size_t length);
void str_add_char(struct str *s, int c);
void str_addf(struct str *s, const char *format, ...) PRINTF_LIKE(2, 3);
void str_vaddf(struct str *s, const char *format, va_list args);
/* Remove <length> bytes from <at> on. */
void str_remove(struct str *s, size_t at, size_t length);
/* The text as heap memory that the caller frees; s is empty afterwards. */
char *str_steal(struct str *s);
void str_swap(struct str *a, struct str *b);

/* Heap helpers that are fatal() when memory is short. */
void *mem_alloc(size_t size);
void *mem_zalloc(size_t size);
/* After a peak: what is free goes back to the system. Takes its time. */
void mem_trim(void);
void *mem_realloc(void *old, size_t size);
char *mem_strdup(const char *text);
char *mem_strndup(const char *text, size_t length);
char *mem_printf(const char *format, ...) PRINTF_LIKE(1, 2);

#endif
