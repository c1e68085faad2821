/* SPDX-License-Identifier: ISC
 *
 * text_source.h - logical lines of a table source: continuation, comments.
 */
#ifndef TABLE_TEXT_SOURCE_H
#define TABLE_TEXT_SOURCE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/stream.h"
#include "base/str.h"

struct text_source {
    struct stream *in;  /* borrowed */
    const char *path;   /* borrowed; for messages */
    size_t first_line;  /* of the logical line just read */
    size_t last_line;
    /* Private. */
    struct str ahead;
    bool has_ahead;
    size_t line;
    bool ended;
};

void text_source_init(struct text_source *source, struct stream *in,
                      const char *path);
void text_source_fini(struct text_source *source);
/* The next logical line without its newlines; a physical line has at most 16
 * MB. False at the end (stream state STREAM_EOF) or on an error. */
bool text_source_next(struct text_source *source, struct str *line);

#endif
