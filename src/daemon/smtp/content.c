/* SPDX-License-Identifier: ISC
 *
 * content.c - the message on its way out.
 *
 * Most messages go from queue file to server line by line. Only when headers
 * are to be rewritten or checked, or 8-bit text must become 7-bit text, does
 * the MIME machinery look at them.
 */
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "mail/mime.h"
#include "mail/quote.h"
#include "smtp.h"

struct output {
    struct session *session;
    struct delivery *delivery;
    struct stream *to;
    size_t limit;   /* smtp_line_length_limit; 0: none */
    size_t column;  /* bytes of the line that is being sent */
    bool in_line;   /* its end was not sent yet */
    bool broke_line;
    bool failed;    /* a lookup was not possible */
    struct str text;
    struct arena *arena; /* for one header; owned */
};

/* ---- Lines -------------------------------------------------------------- */

static void break_line(struct output *out)
{
    stream_put_bytes(out->to, "\r\n ", 3);
    out->column = 1;
    if (!out->broke_line)
        log_info("%s: breaking line > %zu bytes with <CR><LF>SPACE",
                 out->delivery->request->wire->queue_id, out->limit);
    out->broke_line = true;
}

/* A piece of a line; the dot of RFC 5321, section 4.5.2, goes before it. */
static void put_piece(struct output *out, const char *text, size_t length)
{
    out->in_line = true;
    while (length > 0) {
        size_t room = out->limit > 0 ? out->limit - out->column : length;
        size_t part = length < room ? length : room;

        if (out->column == 0 && text[0] == '.')
            stream_put_char(out->to, '.');
        stream_put_bytes(out->to, text, part);
        out->column += part;
        text += part;
        length -= part;
        if (length > 0)
            break_line(out);
    }
}

static void put_line_end(struct output *out)
{
    stream_put_bytes(out->to, "\r\n", 2);
    out->column = 0;
    out->in_line = false;
}

static void put_line(struct output *out, const char *text, size_t length)
{
    put_piece(out, text, length);
    put_line_end(out);
}

/* Several lines, joined by '\n'. */
static void put_lines(struct output *out, const char *text, size_t length)
{
    const char *end = text + length;
    const char *newline;

    while ((newline = memchr(text, '\n', (size_t)(end - text))) != NULL) {
        put_line(out, text, (size_t)(newline - text));
        text = newline + 1;
    }
    put_line(out, text, (size_t)(end - text));
}

/* ---- Through the MIME machinery ----------------------------------------- */

/* True: the line itself is to be sent, too. */
static bool apply_check(struct output *out, enum check_place place,
                        const char *text)
{
    if (!settings()->has_checks)
        return true;
    switch (check_line(out->delivery, place, text, &out->text)) {
    case CHECK_KEEP: return true;
    case CHECK_DROP: return false;
    case CHECK_REPLACE:
        put_lines(out, out->text.data, out->text.length);
        return false;
    case CHECK_PREPEND:
        put_lines(out, out->text.data, out->text.length);
        return true;
    case CHECK_FAILED: out->failed = true; return false;
    }
    return true;
}

static enum check_place place_of(enum mime_place place,
                                 const struct header_info *info)
{
    if (place == MIME_MULTIPART ||
        (info != NULL && (info->flags & HEADER_MIME) != 0))
        return CHECK_MIME_HEADER;
    return place == MIME_NESTED ? CHECK_NESTED_HEADER : CHECK_HEADER;
}

static bool has_addresses(enum mime_place place,
                          const struct header_info *info)
{
    return place == MIME_PRIMARY && info != NULL &&
           (info->flags & (HEADER_SENDER | HEADER_RECIPIENT)) != 0 &&
           !maps_is_empty(settings()->generic);
}

static void on_header(void *context, enum mime_place place,
                      const struct header_info *info, const char *text,
                      size_t length, off_t offset)
{
    struct output *out = context;
    struct str rewritten = STR_EMPTY;

    (void)offset;
    arena_reset(out->arena);
    if (has_addresses(place, info) &&
        generic_header(out->arena, text, &rewritten, &out->failed)) {
        text = rewritten.data;
        length = rewritten.length;
    }
    if (apply_check(out, place_of(place, info), text))
        put_lines(out, text, length);
    str_fini(&rewritten);
}

static void on_body(void *context, enum mime_line_kind kind, const char *text,
                    size_t length, off_t offset)
{
    struct output *out = context;

    (void)offset;
    if (!out->in_line && !maps_is_empty(settings()->body_checks)) {
        const char *line = arena_strndup(out->arena, text, length);
        bool keep = apply_check(out, CHECK_BODY, line);
        arena_reset(out->arena);
        if (!keep)
            return;
    }
    put_piece(out, text, length);
    if (kind == MIME_LINE_END)
        put_line_end(out);
}

bool content_may_change_encoding(const struct session *s)
{
    return (s->features & EXT_8BITMIME) == 0 &&
           !smtp_params.disable_mime_output_conversion &&
           strcmp(s->delivery->request->wire->encoding, "7bit") != 0;
}

/* NULL: the message goes as it is. */
static struct mime *new_mime(struct output *out)
{
    static const struct mime_handlers handlers = {
        .header = on_header,
        .body = on_body,
    };
    const struct mime_limits limits = {
        .header_size = (size_t)message_params.header_size_limit,
        .boundary_length = (size_t)message_params.mime_boundary_length_limit,
        .nesting = (int)message_params.mime_nesting_limit,
    };
    bool downgrade = content_may_change_encoding(out->session);
    const struct settings *set = settings();

    if (!downgrade && !set->has_checks && maps_is_empty(set->generic))
        return NULL;
    unsigned options = MIME_RECURSE_MESSAGE;
    if (downgrade)
        options |= MIME_DOWNGRADE;
    else if (maps_is_empty(set->mime_header_checks) &&
             maps_is_empty(set->nested_header_checks))
        options |= MIME_DISABLED;
    return mime_new(options, &limits, &handlers, out);
}

/* ---- Headers of our own ------------------------------------------------- */

/* flags=DORX: delivery at the end of the way. */
static void put_own_headers(struct output *out, const bool *accepted)
{
    const struct request *r = out->delivery->request;
    unsigned flags = settings()->message_flags;
    size_t first = 0;

    while (first + 1 < r->count && !accepted[first])
        first++;
    const struct recipient *to = &r->recipients[first];
    struct str line = STR_EMPTY;
    if (flags & FLAG_RETURN_PATH) {
        str_setf(&line, "Return-Path: <%s>", out->delivery->sender);
        put_line(out, line.data, line.length);
    }
    if (flags & FLAG_ORIGINAL_TO) {
        str_setf(&line, "X-Original-To: %s",
                 quote_822_dup(out->delivery->arena, to->original));
        put_line(out, line.data, line.length);
    }
    if (flags & FLAG_DELIVERED_TO) {
        str_setf(&line, "Delivered-To: %s",
                 quote_822_dup(out->delivery->arena, to->address));
        put_line(out, line.data, line.length);
    }
    str_fini(&line);
}

/* ---- From the queue file ------------------------------------------------ */

/* REC_EOF when all was read. */
static int copy_records(struct output *out, struct mime *mime)
{
    struct message_reader *reader = out->delivery->request->message;
    struct str line = STR_EMPTY;
    int type;

    while (((type = message_reader_content(reader, &line)) == REC_NORM ||
            type == REC_CONT) &&
           !stream_failed(out->to) && !out->failed) {
        if (mime != NULL) {
            mime_line(mime, type == REC_NORM ? MIME_LINE_END : MIME_LINE_PART,
                      line.data, line.length);
            continue;
        }
        put_piece(out, line.data, line.length);
        if (type == REC_NORM)
            put_line_end(out);
    }
    str_fini(&line);
    return type;
}

static enum content_end copy_message(struct output *out, const bool *accepted)
{
    if (!message_reader_rewind_content(out->delivery->request->message))
        return CONTENT_UNREADABLE;
    put_own_headers(out, accepted);
    struct mime *mime = new_mime(out);
    int last = copy_records(out, mime);
    if (mime != NULL && last == REC_EOF)
        mime_end(mime);
    mime_free(mime);
    if (out->in_line)
        put_line_end(out);
    if (stream_failed(out->to))
        return CONTENT_LOST;
    if (out->failed)
        return CONTENT_UNCHECKED;
    return last == REC_EOF ? CONTENT_WHOLE : CONTENT_UNREADABLE;
}

enum content_end content_send(struct session *s, const bool *accepted)
{
    struct output out = {
        .session = s,
        .delivery = s->delivery,
        .to = s->stream,
        .limit = (size_t)(smtp_params.smtp_line_length_limit > 1
                              ? smtp_params.smtp_line_length_limit
                              : 0),
        .text = STR_EMPTY,
        .arena = arena_new(),
    };

    enum content_end end = copy_message(&out, accepted);
    str_fini(&out.text);
    arena_free(out.arena);
    return end;
}
