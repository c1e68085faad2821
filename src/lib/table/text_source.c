/* SPDX-License-Identifier: ISC
 *
 * text_source.c - logical lines of a table source.
 *
 * A line that starts with white space goes on with the line before, also
 * across comments and empty lines. The newline is dropped, the white space is
 * kept.
 */

#include "table/text_source.h"

#include <string.h>

#include "base/log.h"
#include "base/text.h"

enum { MAX_LINE = 16 << 20 };

void text_source_init(struct text_source *source, struct stream *in,
                      const char *path)
{
    memset(source, 0, sizeof(*source));
    source->in = in;
    source->path = path;
    str_init(&source->ahead);
}

void text_source_fini(struct text_source *source)
{
    str_fini(&source->ahead);
}

/* One physical line into source->ahead. The last one may lack its newline. */
static bool read_ahead(struct text_source *source)
{
    struct str *ahead = &source->ahead;

    if (source->ended)
        return false;
    if (!stream_get_until(source->in, '\n', MAX_LINE, ahead)) {
        source->ended = true;
        if (stream_state(source->in) != STREAM_EOF || ahead->length == 0)
            return false;
    }
    source->line++;
    size_t seen = strlen(ahead->data);
    if (seen != ahead->length) {
        log_warning("%s, line %zu: null byte, the rest of the line is ignored",
                    source->path, source->line);
        str_truncate(ahead, seen);
    }
    return true;
}

static bool is_comment_or_blank(const char *text)
{
    while (text_is_space((unsigned char)*text))
        text++;
    return *text == 0 || *text == '#';
}

bool text_source_next(struct text_source *source, struct str *line)
{
    bool started = false;

    str_clear(line);
    while (source->has_ahead || read_ahead(source)) {
        struct str *ahead = &source->ahead;

        source->has_ahead = false;
        if (is_comment_or_blank(ahead->data))
            continue;
        if (text_is_space((unsigned char)ahead->data[0])) {
            if (started) {
                str_add_bytes(line, ahead->data, ahead->length);
                source->last_line = source->line;
            } else {
                log_warning("%s: logical line must not start with "
                            "whitespace: \"%.30s%s\"",
                            source->path, ahead->data,
                            ahead->length > 30 ? "..." : "");
            }
            continue;
        }
        if (started) {
            source->has_ahead = true;
            return true;
        }
        str_swap(line, ahead);
        started = true;
        source->first_line = source->last_line = source->line;
    }
    return started;
}
