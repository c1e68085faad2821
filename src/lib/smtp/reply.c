/* SPDX-License-Identifier: ISC
 *
 * reply.c - reading a server's reply: RFC 5321, section 4.2.
 */
#include "smtp/reply.h"

#include <ctype.h>
#include <string.h>

#include "base/str.h"
#include "mail/dsn.h"

enum { REPLY_LINES = 1000, REPLY_TEXT_MAX = 16 * 1024 };

/* A line of at most <max> bytes; what is beyond is skipped, up to as much
 * again (a server that never ends a line is not listened to). */
static bool read_line(struct stream *s, size_t max, struct str *line)
{
    struct str rest = STR_EMPTY;

    if (!stream_get_until(s, '\n', max, line)) {
        if (stream_state(s) != STREAM_LIMIT)
            return false;
        stream_clear_error(s);
        bool good = stream_get_until(s, '\n', max, &rest);
        str_fini(&rest);
        if (!good)
            return false;
    }
    while (line->length > 0 && line->data[line->length - 1] == '\r')
        str_truncate(line, line->length - 1);
    return true;
}

/* 0 if the line does not start with a code that a reply may have. */
static int reply_code(const char *line)
{
    for (int i = 0; i < 3; i++)
        if (!isdigit((unsigned char)line[i]))
            return 0;
    if (line[3] != '\0' && line[3] != ' ' && line[3] != '-')
        return 0;
    int code = (line[0] - '0') * 100 + (line[1] - '0') * 10 + line[2] - '0';
    return code >= 100 && code <= 599 ? code : 0;
}

/* What follows the code on a line. */
static const char *after_code(const char *line)
{
    return line + (strlen(line) > 3 && line[3] != '\n' ? 4 : 3);
}

/* The last line's code is what counts, in front of it and behind. */
static void set_dsn(struct arena *arena, const char *last,
                    struct smtp_reply *out)
{
    const char *text = after_code(last);
    size_t length = dsn_status_length(text);

    if (length > 0 && text[0] == last[0])
        out->dsn = arena_strndup(arena, text, length);
    else
        out->dsn = arena_printf(arena, "%d.0.0", out->code / 100);
}

static void set_first(struct arena *arena, struct smtp_reply *out)
{
    const char *text = after_code(out->text);
    size_t length = dsn_status_length(text);

    if (length > 0 && text[0] == out->text[0])
        for (text += length; *text == ' ';)
            text++;
    out->first = arena_strndup(arena, text, strcspn(text, "\n"));
}

/* What is said at such length nobody reads; it would be in the log of the
 * message, and in the notice to its sender. */
static void add_text(struct str *all, const struct str *line)
{
    if (all->length + line->length > REPLY_TEXT_MAX && all->length > 0)
        return;
    if (all->length > 0)
        str_add_char(all, '\n');
    str_add(all, line->data);
}

bool smtp_reply_read(struct stream *s, struct arena *arena, size_t line_max,
                     smtp_line_filter *filter, void *context,
                     struct smtp_reply *out)
{
    struct str all = STR_EMPTY, line = STR_EMPTY;
    bool good = false;

    *out = (struct smtp_reply) { .text = "", .dsn = "", .first = "" };
    for (int lines = 0; lines < REPLY_LINES; lines++) {
        if (!read_line(s, line_max, &line) ||
            (filter != NULL && !filter(&line, context)))
            break;
        add_text(&all, &line);
        out->code = reply_code(line.data);
        if (out->code == 0 || line.data[3] != '-') {
            good = true;
            break;
        }
    }
    out->text = out->first = arena_strdup(arena, all.data);
    if (good && out->code != 0) {
        set_dsn(arena, line.data, out);
        set_first(arena, out);
    }
    str_fini(&all);
    str_fini(&line);
    return good;
}
