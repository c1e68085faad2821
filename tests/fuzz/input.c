/* SPDX-License-Identifier: ISC
 *
 * input.c - what a target takes from its input.
 *
 * Each text gets a block of its own, of just its size, so that a sanitizer
 * sees who reads behind its end.
 */
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/fatal.h"
#include "base/log.h"
#include "base/str.h"
#include "fuzz.h"
#include "table/table.h"

enum { REPETITIONS_MAX = 16 };

static char *keep(struct fuzz_input *in, size_t length, size_t skip)
{
    if (in->count == sizeof in->parts / sizeof *in->parts)
        panic("a fuzz target takes too many parts");
    char *text = mem_alloc(length + 1);
    if (length > 0)
        memcpy(text, in->data, length);
    text[length] = '\0';
    in->parts[in->count++] = text;
    in->data += length + skip;
    in->size -= length + skip;
    return text;
}

char *fuzz_line(struct fuzz_input *in)
{
    const char *end = in->size > 0 ? memchr(in->data, '\n', in->size) : NULL;

    return end == NULL ? keep(in, in->size, 0)
                       : keep(in, (size_t)(end - in->data), 1);
}

char *fuzz_rest(struct fuzz_input *in, size_t *length)
{
    if (length != NULL)
        *length = in->size;
    return keep(in, in->size, 0);
}

unsigned char fuzz_byte(struct fuzz_input *in)
{
    if (in->size == 0)
        return 0;
    in->size--;
    return (unsigned char)*in->data++;
}

struct stream *fuzz_stream(struct fuzz_input *in)
{
    size_t length;
    const char *data = fuzz_rest(in, &length);

    return stream_open_memory(data, length);
}

const char *fuzz_file(struct fuzz_input *in, int *fd)
{
    size_t length;
    const char *data = fuzz_rest(in, &length);

    *fd = memfd_create("fuzz", MFD_CLOEXEC);
    if (*fd < 0 || write(*fd, data, length) != (ssize_t)length)
        fatal("cannot write the input to a file");
    return arena_printf(in->arena, "/proc/self/fd/%d", *fd);
}

bool fuzz_is_costly(const struct fuzz_input *in)
{
    const char *text = in->data;
    int numbers = 0, all = 0;
    bool after_one = false;

    for (size_t i = 0; i < in->size; i++) {
        bool is_one = text[i] != '\0' && strchr("*+?{", text[i]) != NULL;
        numbers += text[i] == '{';
        all += is_one;
        if (is_one && after_one)
            return true;
        after_one = is_one;
    }
    return numbers > 1 || all > REPETITIONS_MAX;
}

void fuzz_table(struct fuzz_input *in, const char *type)
{
    struct error why = ERROR_NONE;
    struct str value = STR_EMPTY;
    char *key = fuzz_line(in);
    int fd;
    const char *path = fuzz_file(in, &fd);
    struct table *table =
        table_open(arena_printf(in->arena, "%s:%s", type, path), TABLE_READ,
                   TABLE_FOLD | TABLE_UTF8, &why);

    FUZZ_CHECK(table != NULL);
    table_get(table, key, &value);
    table_get(table, "user@example.com", &value);
    table_get(table, "192.0.2.1", &value);
    table_get(table, "2001:db8::1", &value);
    table_close(table);
    close(fd);
    str_fini(&value);
}

int fuzz_run(fuzz_target *target, const uint8_t *data, size_t size)
{
    struct fuzz_input in = { .data = (const char *)data, .size = size,
                             .arena = arena_new() };

    log_set_targets(0);
    target(&in);
    for (size_t i = 0; i < in.count; i++)
        free(in.parts[i]);
    arena_free(in.arena);
    return 0;
}
