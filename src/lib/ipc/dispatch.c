/* SPDX-License-Identifier: ISC
 *
 * dispatch.c - the server side of calls: request name to handler.
 */
#include "ipc/dispatch.h"

#include <string.h>

#include "base/log.h"
#include "codec_private.h"

static const struct dispatch_row *find_row(const struct dispatch_row *rows,
                                           size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(rows[i].name, name) == 0)
            return &rows[i];
    return NULL;
}

/* Whose request comes? NULL: the client has gone, or cannot be understood. */
static const struct dispatch_row *
read_name(struct stream *s, const struct dispatch_row *rows, size_t count)
{
    struct str name = STR_EMPTY, value = STR_EMPTY;
    const struct dispatch_row *row = NULL;

    if (ipc_read_pair(s, &name, &value)) {
        if (strcmp(name.data, "request") == 0)
            row = find_row(rows, count, value.data);
        if (row == NULL)
            log_warning("unexpected request: %.100s=%.100s", name.data,
                        value.data);
    }
    str_fini(&name);
    str_fini(&value);
    return row;
}

/* Before anything is read: a plain read would lose them. */
static void prepare_for_descriptors(struct stream *s,
                                    const struct dispatch_row *rows,
                                    size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (ipc_has_descriptor(rows[i].request))
            ipc_accept_descriptors(s);
}

bool dispatch_one(struct stream *s, struct arena *arena,
                  const struct dispatch_row *rows, size_t count, void *context)
{
    prepare_for_descriptors(s, rows, count);
    const struct dispatch_row *row = read_name(s, rows, count);
    if (row == NULL)
        return false;
    void *request = arena_alloc(arena, row->request->size);
    if (!ipc_read(s, arena, row->request, request)) {
        log_warning("malformed or unfinished request: %s", row->name);
        return false;
    }
    return row->handle(s, arena, request, context) && !stream_failed(s);
}

void dispatch_serve(struct stream *s, const struct dispatch_row *rows,
                    size_t count, int idle_s, int timeout_s, void *context)
{
    struct arena *arena = arena_new();

    prepare_for_descriptors(s, rows, count);
    for (;;) {
        stream_set_timeout(s, idle_s);
        if (!stream_fill(s))
            break;
        stream_set_timeout(s, timeout_s);
        if (!dispatch_one(s, arena, rows, count, context))
            break;
        arena_reset(arena);
    }
    arena_free(arena);
}
