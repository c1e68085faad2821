/* SPDX-License-Identifier: ISC
 *
 * output.c - writing the queue file, and remembering what went wrong.
 */
#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "base/log.h"
#include "mail/record.h"
#include "message.h"

void message_fail(struct message *m, int status, const char *reason)
{
    if (m->errors == 0)
        m->reason = reason;
    m->errors |= status;
}

void message_defer_lookup(struct message *m, const char *title,
                          const char *key)
{
    if (!(m->errors & CLEANUP_STAT_WRITE))
        log_warning("%s: %s map lookup problem for %s -- message not "
                    "accepted, try again later",
                    m->id, title, key);
    message_fail(m, CLEANUP_STAT_WRITE, NULL);
}

/* A full disk is worth a word of its own: the client may look elsewhere. */
static void write_failed(struct message *m)
{
    int error = stream_errno(m->out);
    bool full = error == ENOSPC || error == EDQUOT;

    log_warning("%s: write queue file: %s", m->id, strerror(error));
    message_fail(m, CLEANUP_STAT_WRITE,
                 full ? "452 4.3.1 Insufficient system storage" : NULL);
}

static void check_output(struct message *m)
{
    long limit = common_params.message_size_limit;

    if (stream_failed(m->out)) {
        write_failed(m);
    } else if (limit > 0 && stream_tell(m->out) > limit) {
        log_warning("%s: queue file size limit exceeded", m->id);
        message_fail(m, CLEANUP_STAT_SIZE, NULL);
    }
}

void output_record(struct message *m, int type, const char *text,
                   size_t length)
{
    if (message_failed(m))
        return;
    record_put(m->out, type, text, length);
    check_output(m);
}

void output_text(struct message *m, int type, const char *text)
{
    output_record(m, type, text, strlen(text));
}

void output_format(struct message *m, int type, const char *format, ...)
{
    struct str text = STR_EMPTY;
    va_list args;

    va_start(args, format);
    str_vaddf(&text, format, args);
    va_end(args);
    output_record(m, type, text.data, text.length);
    str_fini(&text);
}

/* An attribute without a value is not allowed in a queue file. */
void output_attribute(struct message *m, const char *name, const char *value)
{
    if (value != NULL && *value != '\0')
        output_format(m, REC_ATTR, "%s=%s", name, value);
}

static void output_line(struct message *m, const char *line, size_t length)
{
    size_t limit = (size_t)common_params.line_length_limit;

    for (; length > limit; line += limit, length -= limit)
        output_record(m, REC_CONT, line, limit);
    output_record(m, REC_NORM, line, length);
}

void output_lines(struct message *m, const char *text, size_t length)
{
    const char *end = text + length, *newline;

    while ((newline = memchr(text, '\n', (size_t)(end - text))) != NULL) {
        output_line(m, text, (size_t)(newline - text));
        text = newline + 1;
    }
    output_line(m, text, (size_t)(end - text));
}

/* Six fields, of one width, so that they can be overwritten in place. */
void output_size(struct message *m, bool final)
{
    enum { MIXED = 1, NOTIFY_SHIFT = 1 };
    long content = (long)(m->extracted_offset - m->data_offset);
    unsigned flags = m->notify_union << NOTIFY_SHIFT;

    if (m->is_mixed)
        flags |= MIXED;
    if (!final) {
        output_format(m, REC_SIZE, "%15d %15d %15d %15d %15d %15d", 0, 0, 0,
                      0, 0, 0);
        return;
    }
    struct stream *record = stream_open_memory(NULL, 0);
    record_putf(record, REC_SIZE, "%15ld %15ld %15ld %15u %15ld %15d",
                content, (long)m->data_offset, m->recipients, flags, content,
                m->sender_options);
    const struct str *bytes = stream_memory(record);
    if (!stream_overwrite(m->out, 0, bytes->data, bytes->length))
        write_failed(m);
    stream_close(record);
}
