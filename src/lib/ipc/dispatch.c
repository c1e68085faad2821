/* SPDX-License-Identifier: ISC
 *
 * dispatch.c - the server side of calls: request name to handler.
 */
#include "ipc/dispatch.h"

#include <string.h>
#include <sys/socket.h>

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

static bool dispatch_one(struct stream *s, struct arena *arena,
                         const struct dispatch_row *rows, size_t count,
                         void *context)
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

/* Connections between two requests, in no order. They are on the stacks of
 * those that serve them. */
struct idle {
    struct stream *stream;
    struct idle *next, **at;
};
static struct idle *all_idle;
static bool is_ending;
static void (*between_requests)(void);

void dispatch_set_between(void (*between)(void))
{
    between_requests = between;
}

/* A request that has come already is still read after the shutdown. */
void dispatch_end_idle(void)
{
    is_ending = true;
    for (struct idle *i = all_idle; i != NULL; i = i->next)
        shutdown(stream_fd(i->stream), SHUT_RD);
}

static bool await_request(struct stream *s)
{
    if (is_ending)
        return false;
    struct idle mine = { .stream = s, .next = all_idle, .at = &all_idle };

    if (all_idle != NULL)
        all_idle->at = &mine.next;
    all_idle = &mine;
    bool has_come = stream_fill(s);
    *mine.at = mine.next;
    if (mine.next != NULL)
        mine.next->at = mine.at;
    return has_come;
}

void dispatch_serve(struct stream *s, const struct dispatch_row *rows,
                    size_t count, int idle_s, int timeout_s, void *context)
{
    struct arena *arena = arena_new();

    prepare_for_descriptors(s, rows, count);
    for (;;) {
        stream_set_timeout(s, idle_s);
        if (!await_request(s))
            break;
        stream_set_timeout(s, timeout_s);
        if (!dispatch_one(s, arena, rows, count, context))
            break;
        arena_reset(arena);
        if (between_requests != NULL)
            between_requests();
    }
    arena_free(arena);
}
