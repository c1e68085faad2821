/* SPDX-License-Identifier: ISC
 *
 * text.c - message text on the wire.
 *
 * Where a message ends decides what is text and what is a command, so two
 * servers that disagree let a client smuggle mail. Only CR LF . CR LF ends
 * it (RFC 5321, section 4.1.1.4), unless the policy is BARE_LF_ALLOW. With
 * the other policies a lone LF still ends a line, a "." between such lines
 * is dropped, and extra CRs before the line end stay in the text, so that
 * "." CR CR LF is no end either.
 */
#include "smtp/text.h"

#include <string.h>

void text_reader_init(struct text_reader *reader, struct stream *in,
                      enum bare_lf policy, size_t line_max)
{
    *reader = (struct text_reader) {
        .in = in, .policy = policy, .line_max = line_max,
        .last_was_crlf = true,
    };
}

/* Move <length> buffered bytes to the end of <line>. */
static void take(struct stream *in, size_t length, struct str *line)
{
    str_reserve(line, length);
    stream_get_bytes(in, line->data + line->length, length);
    line->length += length;
    line->data[line->length] = '\0';
}

/* Append to <line> up to and with a LF, or <max> bytes, or less if the
 * <max>th is a CR, which may belong to a line end. False: the stream failed. */
static bool take_piece(struct stream *in, size_t max, struct str *line,
                       bool *ended)
{
    *ended = false;
    while (line->length < max) {
        if (stream_buffered(in) == 0 && !stream_fill(in))
            return false;
        const char *data = stream_peek(in);
        size_t have = stream_buffered(in);
        size_t want = max - line->length;
        if (want > have)
            want = have;
        /* One more byte may hold the LF of a line that just fits. */
        const char *lf = memchr(data, '\n', want < have ? want + 1 : want);
        if (lf != NULL) {
            take(in, (size_t)(lf - data) + 1, line);
            *ended = true;
            return true;
        }
        if (line->length + want == max && max > 1 && data[want - 1] == '\r')
            want = --max - line->length;
        take(in, want, line);
    }
    return true;
}

/* Cut the line end off. True if it was CR LF. */
static bool cut_line_end(struct str *line, bool all_crs)
{
    size_t length = line->length - 1;
    bool crlf = length > 0 && line->data[length - 1] == '\r';

    if (crlf)
        length--;
    while (all_crs && length > 0 && line->data[length - 1] == '\r')
        length--;
    str_truncate(line, length);
    return crlf;
}

enum text_line text_reader_next(struct text_reader *reader, struct str *line)
{
    bool strict = reader->policy != BARE_LF_ALLOW;

    for (;;) {
        bool at_start = !reader->in_line;
        bool ended;

        str_clear(line);
        if (!take_piece(reader->in, reader->line_max, line, &ended))
            return TEXT_LOST;
        reader->in_line = !ended;
        if (!ended) {
            if (at_start && line->data[0] == '.')
                str_remove(line, 0, 1);
            return TEXT_PART;
        }
        bool crlf = cut_line_end(line, !strict);
        bool before = reader->last_was_crlf;
        reader->last_was_crlf = crlf;
        reader->saw_bare_lf = reader->saw_bare_lf || !crlf;
        if (!at_start || line->length == 0 || line->data[0] != '.')
            return TEXT_LINE;
        if (line->length > 1) {
            str_remove(line, 0, 1);
            return TEXT_LINE;
        }
        if (!strict || (crlf && before))
            return TEXT_END;
    }
}

enum smtp_line_status smtp_line_read(struct stream *s, size_t max,
                                     struct str *line, bool *bare_lf)
{
    *bare_lf = false;
    if (stream_get_until(s, '\n', max, line)) {
        *bare_lf = line->length == 0 || line->data[line->length - 1] != '\r';
        while (line->length > 0 && line->data[line->length - 1] == '\r')
            str_truncate(line, line->length - 1);
        return SMTP_LINE_OK;
    }
    if (stream_state(s) != STREAM_LIMIT)
        return SMTP_LINE_LOST;

    struct str rest = STR_EMPTY;
    stream_clear_error(s);
    enum smtp_line_status status = SMTP_LINE_TOO_LONG;
    if (!stream_get_until(s, '\n', max, &rest))
        status = stream_state(s) == STREAM_LIMIT ? SMTP_LINE_ENDLESS
                                                 : SMTP_LINE_LOST;
    str_fini(&rest);
    return status;
}
