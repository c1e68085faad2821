/* SPDX-License-Identifier: ISC
 *
 * message_reader.c - reading a queue file in its logical order.
 *
 * Mail filters edit files in place: a pointer record says where reading goes
 * on, often behind the end of the file and then back. Recipients may stand in
 * both the envelope and the extracted segment.
 */
#include "mail/message_reader.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "message_reader_private.h"

enum { REVERSE_JUMPS_MAX = 10000 };

struct message_reader *message_reader_open(struct stream *in,
                                           struct arena *arena)
{
    struct message_reader *reader = mem_zalloc(sizeof *reader);

    reader->in = in;
    reader->arena = arena;
    str_init(&reader->payload);
    str_init(&reader->original);
    str_init(&reader->dsn_original);
    return reader;
}

void message_reader_close(struct message_reader *reader)
{
    if (reader == NULL)
        return;
    stream_close(reader->in);
    str_fini(&reader->payload);
    str_fini(&reader->original);
    str_fini(&reader->dsn_original);
    free(reader);
}

struct stream *message_reader_stream(struct message_reader *reader)
{
    return reader->in;
}

bool message_reader_failed(const struct message_reader *reader,
                           struct error *why)
{
    if (reader->failed && why != NULL)
        *why = reader->why;
    return reader->failed;
}

bool message_reader_is_unreadable(const struct message_reader *reader)
{
    return reader->failed && stream_state(reader->in) == STREAM_ERROR;
}

/* The first reason stays. */
bool message_reader_fail(struct message_reader *reader, const char *format, ...)
{
    va_list args;

    if (reader->failed)
        return false;
    reader->failed = true;
    va_start(args, format);
    vsnprintf(reader->why.text, sizeof reader->why.text, format, args);
    va_end(args);
    return false;
}

bool message_reader_seek(struct message_reader *reader, off_t offset)
{
    stream_clear_error(reader->in);
    if (stream_seek(reader->in, offset))
        return true;
    return message_reader_fail(reader, "seek to offset %ld: %s", (long)offset,
                               stream_error_text(reader->in));
}

/* Backward jumps are limited: a loop of pointers must end. */
static bool follow(struct message_reader *reader, const struct str *payload,
                   off_t offset)
{
    long target;
    const char *text = payload->data + strspn(payload->data, " ");

    if (!num_parse_long(text, 0, LONG_MAX, &target))
        return message_reader_fail(reader, "bad pointer record at offset %ld",
                                   (long)offset);
    if (target == 0)
        return true;
    if (target <= offset && ++reader->reverse_jumps > REVERSE_JUMPS_MAX)
        return message_reader_fail(
            reader, "too many reverse jump records at offset %ld",
            (long)offset);
    return message_reader_seek(reader, target);
}

int message_reader_next(struct message_reader *reader, struct str *payload,
                        off_t *offset)
{
    while (!reader->failed) {
        *offset = stream_tell(reader->in);
        int type = record_get(reader->in, payload, 0);
        if (type >= 0 && type != REC_PTR)
            return type;
        if (type == REC_PTR)
            follow(reader, payload, *offset);
        else if (type == REC_EOF)
            message_reader_fail(reader, "unexpected end of file");
        else if (stream_state(reader->in) == STREAM_ERROR)
            message_reader_fail(reader, "read at offset %ld: %s",
                                (long)*offset, stream_error_text(reader->in));
        else
            message_reader_fail(reader, "bad record at offset %ld",
                                (long)*offset);
    }
    return REC_ERROR;
}

int message_reader_record(struct message_reader *reader, struct str *payload,
                          off_t *offset)
{
    if (reader->part == PART_DONE)
        return REC_EOF;
    int type = message_reader_next(reader, payload, offset);
    if (type == REC_END)
        reader->part = PART_DONE;
    return type;
}

/* ---- Sizes ------------------------------------------------------------- */

/* Up to six numbers; returns how many, -1 if there is other text. */
static int parse_numbers(const char *text, long *numbers, int max)
{
    int count = 0;

    while (*(text += strspn(text, " ")) != 0) {
        char *end;
        if (count == max)
            return -1;
        numbers[count++] = strtol(text, &end, 10);
        if (end == text || (*end != 0 && *end != ' '))
            return -1;
        text = end;
    }
    return count;
}

/* Files of old releases have three fields; nothing is known of how their
 * recipients stand, so all is read. */
static bool parse_sizes(struct message_reader *reader, const char *text)
{
    enum { FIELDS = 6, FIELDS_MIN = 3, SENDER_OPTIONS = 63 };
    long fields[FIELDS] = { 0, 0, 0, QMGR_FLAG_MIXED, 0, 0 };

    int count = parse_numbers(text, fields, FIELDS);
    if (count < FIELDS_MIN || fields[0] <= 0 || fields[1] <= 0 ||
        fields[0] > LONG_MAX - fields[1])
        return message_reader_fail(reader, "bad message size record: %.100s",
                                   text);
    if ((fields[3] & ~QMGR_FLAGS) != 0)
        return message_reader_fail(reader, "bad queue manager flags: %.100s",
                                   text);
    struct message_sizes *sizes = &reader->sizes;
    sizes->segment = fields[0];
    sizes->data_offset = fields[1];
    sizes->recipients = fields[2];
    sizes->qmgr_flags = (unsigned)fields[3];
    sizes->content = fields[4] > 0 ? fields[4] : fields[0];
    sizes->sender_options = (int)(fields[5] & SENDER_OPTIONS);
    return true;
}

bool message_reader_sizes(struct message_reader *reader)
{
    off_t offset;

    if (reader->failed || reader->sizes.data_offset > 0)
        return !reader->failed;
    if (!message_reader_seek(reader, 0))
        return false;
    int type = message_reader_next(reader, &reader->payload, &offset);
    if (type == REC_ERROR)
        return false;
    if (type != REC_SIZE)
        return message_reader_fail(reader, "no message size record");
    return parse_sizes(reader, reader->payload.data);
}

/* ---- Segments ---------------------------------------------------------- */

bool message_reader_enter_extracted(struct message_reader *reader)
{
    off_t offset;
    off_t end = reader->sizes.data_offset + reader->sizes.segment;

    if (!message_reader_seek(reader, end))
        return false;
    int type = message_reader_next(reader, &reader->payload, &offset);
    if (type == REC_ERROR)
        return false;
    if (type != REC_XTRA)
        return message_reader_fail(reader,
                                   "no extracted segment at offset %ld",
                                   (long)end);
    reader->part = PART_EXTRACTED;
    return true;
}

bool message_reader_unexpected(struct message_reader *reader, int type,
                               off_t offset)
{
    return message_reader_fail(reader,
                               "unexpected record type %d at offset %ld", type,
                               (long)offset);
}

/* ---- Content ----------------------------------------------------------- */

bool message_reader_rewind_content(struct message_reader *reader)
{
    if (!message_reader_sizes(reader) ||
        !message_reader_seek(reader, reader->sizes.data_offset))
        return false;
    reader->part = PART_CONTENT;
    reader->reverse_jumps = 0;
    return true;
}

int message_reader_content(struct message_reader *reader, struct str *line)
{
    off_t offset;

    if (reader->part == PART_AFTER_CONTENT)
        return REC_EOF;
    if (reader->part != PART_CONTENT && !message_reader_rewind_content(reader))
        return REC_ERROR;
    for (;;) {
        int type = message_reader_next(reader, line, &offset);
        switch (type) {
        case REC_NORM:
        case REC_CONT:
        case REC_ERROR: return type;
        case REC_PAD: continue;
        case REC_XTRA: reader->part = PART_AFTER_CONTENT; return REC_EOF;
        default:
            message_reader_unexpected(reader, type, offset);
            return REC_ERROR;
        }
    }
}
