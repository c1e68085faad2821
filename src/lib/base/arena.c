/* SPDX-License-Identifier: ISC
 *
 * arena.c - memory that is freed all at once.
 *
 * Chunks form a chain, newest first; the first chunk ever made is the last of
 * the chain and survives a reset, so that a session which handles one message
 * after another does not go back to malloc for each.
 */
#include "base/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/fatal.h"
#include "base/format.h"
#include "base/str.h"

enum { CHUNK_SMALLEST = 1024, CHUNK_LARGEST = 64 * 1024 };

struct chunk {
    struct chunk *older; /* owned */
    size_t size, used;   /* of data[] */
    alignas(max_align_t) char data[];
};

struct arena {
    struct chunk *newest; /* owned; never NULL */
    size_t next_size;     /* of the next ordinary chunk */
};

static struct chunk *chunk_new(size_t size, struct chunk *older)
{
    if (size > SIZE_MAX - sizeof(struct chunk))
        fatal("out of memory: request for %zu bytes", size);
    struct chunk *chunk = mem_alloc(sizeof *chunk + size);
    *chunk = (struct chunk){ .older = older, .size = size };
    return chunk;
}

struct arena *arena_new(void)
{
    struct arena *arena = mem_zalloc(sizeof *arena);
    arena->newest = chunk_new(CHUNK_SMALLEST, NULL);
    arena->next_size = 2 * CHUNK_SMALLEST;
    return arena;
}

/* Free all chunks but the oldest, which is returned. */
static struct chunk *free_newer_chunks(struct arena *arena)
{
    struct chunk *chunk = arena->newest;
    while (chunk->older != NULL) {
        struct chunk *older = chunk->older;
        free(chunk);
        chunk = older;
    }
    return chunk;
}

void arena_free(struct arena *arena)
{
    if (arena == NULL)
        return;
    free(free_newer_chunks(arena));
    free(arena);
}

void arena_reset(struct arena *arena)
{
    arena->newest = free_newer_chunks(arena);
    arena->newest->used = 0;
    arena->next_size = 2 * CHUNK_SMALLEST;
}

/* A large request gets a chunk of exactly its size, put behind the newest one
 * so that the room left there is not lost. */
static void *alloc_large(struct arena *arena, size_t size)
{
    struct chunk *chunk = chunk_new(size, arena->newest->older);
    chunk->used = size;

    if (arena->newest->older != NULL) {
        arena->newest->older = chunk;
        return chunk->data;
    }
    /* The newest is the first chunk: it must stay last in the chain. */
    chunk->older = arena->newest;
    arena->newest = chunk;
    return chunk->data;
}

void *arena_alloc(struct arena *arena, size_t size)
{
    const size_t align = alignof(max_align_t);
    if (size > SIZE_MAX / 2)
        fatal("out of memory: request for %zu bytes", size);
    size_t rounded = size == 0 ? align : (size + align - 1) & ~(align - 1);

    struct chunk *chunk = arena->newest;
    if (rounded > chunk->size - chunk->used) {
        if (rounded > arena->next_size / 2)
            return alloc_large(arena, rounded);
        chunk = arena->newest = chunk_new(arena->next_size, chunk);
        if (arena->next_size < CHUNK_LARGEST)
            arena->next_size *= 2;
    }
    void *memory = chunk->data + chunk->used;
    chunk->used += rounded;
    return memory;
}

void *arena_zalloc(struct arena *arena, size_t size)
{
    return memset(arena_alloc(arena, size), 0, size);
}

void *arena_array(struct arena *arena, size_t count, size_t size)
{
    if (size != 0 && count > SIZE_MAX / size)
        fatal("out of memory: array of %zu times %zu bytes", count, size);
    return arena_zalloc(arena, count * size);
}

char *arena_strdup(struct arena *arena, const char *text)
{
    return arena_memdup(arena, text, strlen(text) + 1);
}

char *arena_strndup(struct arena *arena, const char *text, size_t length)
{
    length = strnlen(text, length);
    char *copy = arena_alloc(arena, length + 1);
    memcpy(copy, text, length);
    copy[length] = '\0';
    return copy;
}

void *arena_memdup(struct arena *arena, const void *data, size_t length)
{
    void *copy = arena_alloc(arena, length);
    if (length > 0)
        memcpy(copy, data, length);
    return copy;
}

char *arena_printf(struct arena *arena, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *text = arena_vprintf(arena, format, args);
    va_end(args);
    return text;
}

char *arena_vprintf(struct arena *arena, const char *format, va_list args)
{
    char small[512];
    va_list again;
    va_copy(again, args);
    int length = format_vtext(small, sizeof small, format, args);
    if (length < 0)
        panic("arena_vprintf: bad format: %s", format);
    char *text = arena_alloc(arena, (size_t)length + 1);
    if ((size_t)length < sizeof small)
        memcpy(text, small, (size_t)length + 1);
    else
        format_vtext(text, (size_t)length + 1, format, again);
    va_end(again);
    return text;
}
