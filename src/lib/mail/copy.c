/* SPDX-License-Identifier: ISC
 *
 * copy.c - the content of a message to a mailbox, a folder or a command.
 *
 * The hot path of local delivery: one buffer for all lines, nothing is
 * allocated per line.
 */
#include <string.h>
#include <time.h>

#include "mail/mbox.h"

struct copy {
    struct stream *out;
    const struct copy_options *options;
    const char *line_end;
    bool at_line_start;
};

static void put_header(struct copy *copy, const char *name, const char *value)
{
    if (value == NULL)
        return;
    stream_put(copy->out, name);
    stream_put(copy->out, value);
    stream_put(copy->out, copy->line_end);
}

/* "From sender Sun Nov 22 10:00:00 2026": asctime(3) in local time. */
static void put_from_line(struct copy *copy)
{
    char date[32];
    struct tm local;

    if (copy->options->from_line_sender == NULL)
        return;
    time_t arrival = copy->options->arrival;
    if (localtime_r(&arrival, &local) == NULL ||
        asctime_r(&local, date) == NULL)
        strcpy(date, "Thu Jan  1 00:00:00 1970\n");
    date[strcspn(date, "\n")] = 0;
    stream_put(copy->out, "From ");
    stream_put(copy->out, copy->options->from_line_sender);
    stream_put(copy->out, "  ");
    stream_put(copy->out, date);
    stream_put(copy->out, copy->line_end);
}

static void put_prefix(struct copy *copy)
{
    const struct copy_options *options = copy->options;

    put_from_line(copy);
    if (options->return_path != NULL) {
        stream_put(copy->out, "Return-Path: <");
        stream_put(copy->out, options->return_path);
        stream_put(copy->out, ">");
        stream_put(copy->out, copy->line_end);
    }
    if (options->original_to != NULL && options->original_to[0] != '\0')
        put_header(copy, "X-Original-To: ", options->original_to);
    put_header(copy, "Delivered-To: ", options->delivered_to);
}

/* ">From " would be seen as the start of a message. Of a line that somebody
 * cut into smaller pieces, which no program of ours does, the first is enough:
 * better a '>' too many. */
static bool needs_quote(const struct copy *copy, int type,
                        const struct str *line)
{
    static const char from[] = "From ";
    size_t length = strlen(from);

    if (line->length < length)
        length = type == REC_CONT ? line->length : 0;
    return copy->options->quote_from && length > 0 &&
           memcmp(line->data, from, length) == 0;
}

static void put_line(struct copy *copy, int type, const struct str *line)
{
    if (copy->at_line_start) {
        if (needs_quote(copy, type, line))
            stream_put_char(copy->out, '>');
        if (copy->options->dot_stuff && line->length > 0 &&
            line->data[0] == '.')
            stream_put_char(copy->out, '.');
    }
    stream_put_bytes(copy->out, line->data, line->length);
    if (type == REC_NORM)
        stream_put(copy->out, copy->line_end);
    copy->at_line_start =
        type == REC_NORM || (copy->at_line_start && line->length == 0);
}

enum copy_result message_copy(struct message_reader *message,
                              struct stream *out,
                              const struct copy_options *options)
{
    struct copy copy = {
        .out = out,
        .options = options,
        .line_end = options->line_end == NULL ? "\n" : options->line_end,
        .at_line_start = true,
    };
    struct str line = STR_EMPTY;
    int type;

    if (!message_reader_rewind_content(message))
        return COPY_CORRUPT;
    put_prefix(&copy);
    while ((type = message_reader_content(message, &line)) >= 0) {
        put_line(&copy, type, &line);
        if (stream_failed(out))
            break;
    }
    str_fini(&line);
    if (stream_failed(out))
        return COPY_WRITE_FAILED;
    if (type == REC_ERROR)
        return stream_errno(message_reader_stream(message)) != 0
                   ? COPY_READ_FAILED
                   : COPY_CORRUPT;
    if (!copy.at_line_start)
        stream_put(out, copy.line_end);
    if (options->blank_line_at_end)
        stream_put(out, copy.line_end);
    return stream_failed(out) ? COPY_WRITE_FAILED : COPY_OK;
}
