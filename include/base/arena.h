/* SPDX-License-Identifier: ISC
 *
 * arena.h - memory that is freed all at once.
 *
 * What lives as long as a session, a transaction or a call comes from that
 * arena and is never freed by itself. Running out of memory is fatal().
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stdarg.h>
#include <stddef.h>

#include "base/error.h"

struct arena;

/* Chunks grow from 1 kB to 64 kB; larger requests get a chunk of their own. */
struct arena *arena_new(void);
void arena_free(struct arena *arena);
/* Give everything back but the first chunk. */
void arena_reset(struct arena *arena);

/* Aligned for any type; arena_zalloc clears the memory. */
void *arena_alloc(struct arena *arena, size_t size);
void *arena_zalloc(struct arena *arena, size_t size);
#define ARENA_NEW(arena, type) ((type *)arena_zalloc(arena, sizeof(type)))
/* <count> objects; fatal() on overflow of the product. */
void *arena_array(struct arena *arena, size_t count, size_t size);

char *arena_strdup(struct arena *arena, const char *text);
char *arena_strndup(struct arena *arena, const char *text, size_t length);
void *arena_memdup(struct arena *arena, const void *data, size_t length);
char *arena_printf(struct arena *arena, const char *format, ...)
    PRINTF_LIKE(2, 3);
char *arena_vprintf(struct arena *arena, const char *format, va_list args);

#endif
