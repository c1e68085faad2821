/* SPDX-License-Identifier: ISC
 *
 * message.c - a message on standard input whose headers and body lines are
 * looked up, to try header_checks and body_checks.
 */

#include <string.h>
#include <unistd.h>

#include "base/fatal.h"
#include "base/stream.h"
#include "config/params.h"
#include "mail/mime.h"
#include "postmap.h"

enum { MAX_LINE = 1 << 20 };

struct query {
    const struct builder_options *options;
    struct table **tables;
    struct str key;
    bool found;
};

static void look_up(struct query *q, const char *text, size_t length)
{
    str_set_bytes(&q->key, text, length);
    if (builder_query_key(q->options, q->tables, q->key.data))
        q->found = true;
}

static void on_header(void *context, enum mime_place place,
                      const struct header_info *info, const char *text,
                      size_t length, off_t offset)
{
    struct query *q = context;

    (void)place;
    (void)info;
    (void)offset;
    if (q->options->header)
        look_up(q, text, length);
}

static void on_body(void *context, enum mime_line_kind kind, const char *text,
                    size_t length, off_t offset)
{
    struct query *q = context;

    (void)kind;
    (void)offset;
    if (q->options->body)
        look_up(q, text, length);
}

static void on_end(void *context)
{
    (void)context;
}

static struct mime *start_parser(struct query *q)
{
    static const struct mime_handlers handlers = {
        .header = on_header,
        .header_end = on_end,
        .body = on_body,
        .body_end = on_end,
    };
    const struct mime_limits limits = {
        .header_size = message_params.header_size_limit,
        .boundary_length = message_params.mime_boundary_length_limit,
        .nesting = message_params.mime_nesting_limit,
    };

    return mime_new(q->options->mime ? MIME_RECURSE_MESSAGE : MIME_DISABLED,
                    &limits, &handlers, q);
}

bool query_message(const struct builder_options *options, char **names)
{
    struct query q = { .options = options, .key = STR_EMPTY };
    struct stream *in = stream_open(STDIN_FILENO);
    struct str line = STR_EMPTY;

    q.tables = builder_open_all(options, names, TABLE_READ);
    struct mime *mime = start_parser(&q);
    while (stream_get_until(in, '\n', MAX_LINE, &line) || line.length > 0) {
        mime_line(mime, MIME_LINE_END, line.data, line.length);
        if (stream_state(in) == STREAM_LIMIT)
            stream_clear_error(in);
        if (stream_failed(in))
            break;
    }
    if (stream_state(in) == STREAM_ERROR)
        fatal("read standard input: %s", stream_error_text(in));
    mime_end(mime);
    mime_free(mime);
    builder_close_all(q.tables);
    builder_flush();
    str_fini(&line);
    str_fini(&q.key);
    stream_detach(in);
    return q.found;
}
