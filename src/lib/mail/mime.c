/* SPDX-License-Identifier: ISC
 *
 * mime.c - following the MIME structure of a message line by line.
 *
 * The state is a stack of open multiparts and, for the part that is being
 * read, its type and encoding. A line that is a boundary of any open multipart
 * ends all that are inside that one (RFC 2046 section 5.1.2), so that a part
 * which is not closed does no harm.
 */
#include "mail/mime.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "mime_private.h"

enum mime_state { STATE_HEADER, STATE_BODY };

/* As Postfix counts: so many more than mime_nesting_limit. */
enum { NESTING_GRACE = 2 };

struct mime {
    unsigned options;
    struct mime_limits limits;
    struct mime_handlers handlers;
    void *context;
    enum mime_state state;
    enum mime_place place;
    struct { ARRAY_OF(char *); } boundaries; /* owned; innermost last */
    /* The part that is being read. */
    enum mime_type type;
    enum mime_encoding encoding;
    bool has_encoding;
    struct str boundary;      /* of the type just read, if multipart */
    struct str encoding_name;
    /* The header that is being collected. */
    struct str header;
    bool in_header;           /* <header> holds one that may go on */
    bool header_cut;
    off_t header_offset;
    enum mime_line_kind previous;
    off_t offset;             /* bytes seen */
    off_t body_offset;        /* the same, since the last headers */
    bool convert;             /* body to quoted-printable */
    struct str quoted;
    size_t column;
    unsigned errors;
    bool has_8bit;
};

struct mime *mime_new(unsigned options, const struct mime_limits *limits,
                      const struct mime_handlers *handlers, void *context)
{
    struct mime *mime = mem_zalloc(sizeof *mime);

    mime->options = options;
    mime->limits = *limits;
    mime->handlers = *handlers;
    mime->context = context;
    str_init(&mime->boundary);
    str_init(&mime->encoding_name);
    str_init(&mime->header);
    str_init(&mime->quoted);
    return mime;
}

void mime_free(struct mime *mime)
{
    if (mime == NULL)
        return;
    for (size_t i = 0; i < mime->boundaries.count; i++)
        free(mime->boundaries.items[i]);
    ARRAY_FREE(&mime->boundaries);
    str_fini(&mime->boundary);
    str_fini(&mime->encoding_name);
    str_fini(&mime->header);
    str_fini(&mime->quoted);
    free(mime);
}

/* ---- Errors ------------------------------------------------------------- */

static const struct {
    enum mime_error error;
    enum mime_option report;
    const char *text;
} errors[] = {
    { MIME_ERROR_NESTING, MIME_REPORT_NESTING,
      "MIME nesting exceeds safety limit" },
    { MIME_ERROR_TRUNCATED_HEADER, MIME_REPORT_TRUNCATED_HEADER,
      "message header length exceeds safety limit" },
    { MIME_ERROR_8BIT_IN_HEADER, MIME_REPORT_8BIT_IN_HEADER,
      "improper use of 8-bit data in message header" },
    { MIME_ERROR_8BIT_IN_7BIT_BODY, MIME_REPORT_8BIT_IN_7BIT_BODY,
      "improper use of 8-bit data in message body" },
    { MIME_ERROR_ENCODING_DOMAIN, MIME_REPORT_ENCODING_DOMAIN,
      "invalid message/* or multipart/* encoding domain" },
};

enum { ERROR_COUNT = sizeof errors / sizeof errors[0] };

const char *mime_error_text(enum mime_error error)
{
    for (int i = 0; i < ERROR_COUNT; i++)
        if (errors[i].error == error)
            return errors[i].text;
    return "unknown MIME error";
}

const char *mime_error_dsn(enum mime_error error)
{
    (void)error;
    return "5.6.0";
}

static void report(struct mime *mime, enum mime_error error, const char *text,
                   size_t length)
{
    for (int i = 0; i < ERROR_COUNT; i++)
        if (errors[i].error == error &&
            (mime->options & errors[i].report) == 0)
            return;
    if ((mime->errors & error) != 0)
        return;
    mime->errors |= error;
    if (mime->handlers.problem != NULL)
        mime->handlers.problem(mime->context, error, text, length);
}

static bool has_8bit(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if ((unsigned char)text[i] > 127)
            return true;
    return false;
}

/* ---- Headers ------------------------------------------------------------ */

/* Has it parts with an encoding of their own? */
static bool is_composite(enum mime_type type)
{
    return type == MIME_TYPE_MULTIPART || type == MIME_TYPE_RFC822;
}

/* Types that must not be encoded. */
static bool is_plain(enum mime_type type)
{
    return type != MIME_TYPE_LEAF && type != MIME_TYPE_GLOBAL;
}

static void note_type(struct mime *mime)
{
    mime->type = mime_parse_type(header_value(mime->header.data),
                                 mime->limits.boundary_length,
                                 &mime->boundary);
}

static void note_encoding(struct mime *mime)
{
    const char *word;
    size_t length;

    mime->encoding =
        mime_parse_encoding(header_value(mime->header.data), &word, &length);
    mime->has_encoding = true;
    str_set_bytes(&mime->encoding_name, word, length);
}

/* Returns true if the header is not passed on: a downgrade makes another. */
static bool note_mime_header(struct mime *mime, const struct header_info *info)
{
    if (info == NULL || (mime->options & MIME_DISABLED) != 0)
        return false;
    if (info->id == HDR_CONTENT_TYPE)
        note_type(mime);
    if (info->id != HDR_CONTENT_TRANSFER_ENCODING)
        return false;
    note_encoding(mime);
    return (mime->options & MIME_DOWNGRADE) != 0 &&
           mime->encoding == MIME_ENC_8BIT;
}

static void emit_header(struct mime *mime, const struct header_info *info,
                        const char *text, size_t length)
{
    if (mime->handlers.header != NULL)
        mime->handlers.header(mime->context, mime->place, info, text, length,
                              mime->header_offset);
}

static void finish_header(struct mime *mime)
{
    if (!mime->in_header)
        return;
    mime->in_header = false;
    const struct header_info *info = header_find(mime->header.data);
    if (mime->header_cut)
        report(mime, MIME_ERROR_TRUNCATED_HEADER, mime->header.data,
               mime->header.length);
    if (has_8bit(mime->header.data, mime->header.length)) {
        mime->has_8bit = true;
        report(mime, MIME_ERROR_8BIT_IN_HEADER, mime->header.data,
               mime->header.length);
    }
    if (!note_mime_header(mime, info))
        emit_header(mime, info, mime->header.data, mime->header.length);
}

/* Text beyond the limit is dropped. */
static void add_to_header(struct mime *mime, const char *text, size_t length)
{
    size_t used = mime->header.length;
    size_t room = used < mime->limits.header_size
                      ? mime->limits.header_size - used
                      : 0;

    if (length > room) {
        mime->header_cut = true;
        length = room;
    }
    str_add_bytes(&mime->header, text, length);
}

/* Of a line that does not fit, a part is added only to a header that is not
 * nearly full: a few letters more say less than none. It is the last one. */
static void add_continuation(struct mime *mime, const char *text,
                             size_t length)
{
    size_t used = mime->header.length, limit = mime->limits.header_size;

    if (mime->header_cut ||
        (used + 1 + length > limit && used >= limit - limit / 10)) {
        mime->header_cut = true;
        return;
    }
    add_to_header(mime, "\n", 1);
    add_to_header(mime, text, length);
}

static void start_header(struct mime *mime, const char *text, size_t length)
{
    finish_header(mime);
    str_clear(&mime->header);
    mime->header_cut = false;
    mime->header_offset = mime->offset;
    mime->in_header = true;
    add_to_header(mime, text, length);
}

/* ---- Parts -------------------------------------------------------------- */

static void new_part(struct mime *mime, enum mime_place place)
{
    mime->state = STATE_HEADER;
    mime->place = place;
    mime->type = MIME_TYPE_LEAF;
    mime->encoding = MIME_ENC_7BIT;
    mime->has_encoding = false;
    mime->convert = false;
}

/* 8bit leaves become quoted-printable; what holds them needs only say that
 * all in it is 7bit now. Other message/ types say so, too, as with Postfix. */
static void downgrade_headers(struct mime *mime)
{
    const char *text = is_plain(mime->type)
                           ? "Content-Transfer-Encoding: 7bit"
                           : "Content-Transfer-Encoding: quoted-printable";

    if ((mime->options & MIME_DOWNGRADE) == 0 || !mime->has_encoding ||
        mime->encoding != MIME_ENC_8BIT)
        return;
    mime->header_offset = mime->offset;
    emit_header(mime, header_info(HDR_CONTENT_TRANSFER_ENCODING), text,
                strlen(text));
    mime->convert = !is_composite(mime->type);
    mime->column = 0;
}

static void check_encoding_domain(struct mime *mime)
{
    enum mime_encoding wrong = mime->type == MIME_TYPE_FRAGMENT
                                   ? MIME_ENC_8BIT
                                   : MIME_ENC_OTHER;

    if ((is_composite(mime->type) || mime->type == MIME_TYPE_FRAGMENT) &&
        mime->encoding == wrong)
        report(mime, MIME_ERROR_ENCODING_DOMAIN, mime->encoding_name.data,
               mime->encoding_name.length);
}

/* Open multiparts cost memory, attached messages nothing. */
static bool may_enter(struct mime *mime)
{
    if (mime->boundaries.count < (size_t)mime->limits.nesting + NESTING_GRACE)
        return true;
    report(mime, MIME_ERROR_NESTING, mime->header.data, mime->header.length);
    return false;
}

/* All headers of the message or a part were seen. */
static void end_headers(struct mime *mime)
{
    finish_header(mime);
    downgrade_headers(mime);
    mime->state = STATE_BODY;
    mime->body_offset = 0;
    if (mime->place == MIME_PRIMARY && mime->handlers.header_end != NULL)
        mime->handlers.header_end(mime->context);
    if ((mime->options & MIME_DISABLED) != 0)
        return;
    check_encoding_domain(mime);
    if (mime->type == MIME_TYPE_MULTIPART)
        mime->encoding = MIME_ENC_7BIT; /* of what is between the parts */
    if (mime->type == MIME_TYPE_MULTIPART && mime->boundary.length > 0 &&
        may_enter(mime))
        ARRAY_ADD(&mime->boundaries, mem_strdup(mime->boundary.data));
}

/* The line after the headers of message/rfc822 begins headers again. */
static void enter_attached_message(struct mime *mime)
{
    if ((mime->options & MIME_RECURSE_MESSAGE) != 0 &&
        (mime->type == MIME_TYPE_RFC822 || mime->type == MIME_TYPE_GLOBAL) &&
        !mime->convert)
        new_part(mime, MIME_NESTED);
}

/* The open multipart whose boundary this line is: its index, or -1. The line
 * may go on with other text (RFC 2046: blanks), of which nobody is sure. */
static int find_boundary(const struct mime *mime, const char *text,
                         size_t length)
{
    if (length < 2 || text[0] != '-' || text[1] != '-')
        return -1;
    for (size_t i = mime->boundaries.count; i-- > 0;) {
        size_t n = strlen(mime->boundaries.items[i]);
        if (length - 2 >= n &&
            memcmp(text + 2, mime->boundaries.items[i], n) == 0)
            return (int)i;
    }
    return -1;
}

static bool is_last_boundary(const char *boundary, const char *text,
                             size_t length)
{
    size_t n = strlen(boundary);

    return length >= n + 4 && text[2 + n] == '-' && text[3 + n] == '-';
}

static void close_multiparts(struct mime *mime, size_t keep)
{
    while (mime->boundaries.count > keep)
        free(mime->boundaries.items[--mime->boundaries.count]);
}

/* Returns true if the line was a boundary; it belongs to the body. */
static bool pass_boundary(struct mime *mime, const char *text, size_t length)
{
    int level = find_boundary(mime, text, length);

    if (level < 0)
        return false;
    bool last = is_last_boundary(mime->boundaries.items[level], text, length);
    close_multiparts(mime, (size_t)level + (last ? 0 : 1));
    new_part(mime, MIME_MULTIPART);
    if (last)
        mime->state = STATE_BODY; /* what follows is of no part */
    return true;
}

/* ---- Body --------------------------------------------------------------- */

static void emit_body(struct mime *mime, enum mime_line_kind kind,
                      const char *text, size_t length)
{
    if (mime->handlers.body != NULL)
        mime->handlers.body(mime->context, kind, text, length,
                            mime->body_offset);
}

static void emit_quoted(struct mime *mime, enum mime_line_kind kind,
                        const char *text, size_t length)
{
    str_clear(&mime->quoted);
    mime_quote_printable(&mime->quoted, text, length, &mime->column,
                         kind == MIME_LINE_END);
    const char *at = mime->quoted.data;
    for (const char *end; (end = strchr(at, '\n')) != NULL; at = end + 1)
        emit_body(mime, MIME_LINE_END, at, (size_t)(end - at));
    emit_body(mime, kind, at, strlen(at));
}

static void check_body(struct mime *mime, const char *text, size_t length)
{
    if (mime->encoding == MIME_ENC_8BIT && mime->has_8bit)
        return;
    if (!has_8bit(text, length))
        return;
    mime->has_8bit = true;
    if (mime->encoding == MIME_ENC_7BIT)
        report(mime, MIME_ERROR_8BIT_IN_7BIT_BODY, text, length);
}

static void body_line(struct mime *mime, enum mime_line_kind kind,
                      const char *text, size_t length)
{
    bool line_start = mime->previous == MIME_LINE_END;

    if (line_start && mime->boundaries.count > 0 &&
        pass_boundary(mime, text, length)) {
        emit_body(mime, kind, text, length);
        return;
    }
    check_body(mime, text, length);
    if (mime->convert)
        emit_quoted(mime, kind, text, length);
    else
        emit_body(mime, kind, text, length);
}

/* ---- Lines -------------------------------------------------------------- */

static bool is_continuation(const struct mime *mime, const char *text,
                            size_t length)
{
    return mime->in_header && length > 0 && (*text == ' ' || *text == '\t');
}

/* An empty line ends headers; so does a line that is no header. Behind those
 * of the message itself, an empty line is put in front of it, as the body must
 * be apart in the queue file. */
static void end_headers_with(struct mime *mime, enum mime_line_kind kind,
                             const char *text, size_t length)
{
    bool is_empty = length == 0 && kind == MIME_LINE_END;

    end_headers(mime);
    if (is_empty || mime->place == MIME_PRIMARY)
        emit_body(mime, MIME_LINE_END, "", 0);
    if (is_empty)
        enter_attached_message(mime);
    else
        body_line(mime, kind, text, length);
}

static void header_line(struct mime *mime, enum mime_line_kind kind,
                        const char *text, size_t length)
{
    if (mime->previous == MIME_LINE_PART) {
        if (mime->in_header)
            add_to_header(mime, text, length);
        else /* the rest of a boundary line */
            emit_body(mime, kind, text, length);
        return;
    }
    if (is_continuation(mime, text, length)) {
        add_continuation(mime, text, length);
        return;
    }
    if (header_name_length(text, length) > 0) {
        start_header(mime, text, length);
        return;
    }
    end_headers_with(mime, kind, text, length);
}

void mime_line(struct mime *mime, enum mime_line_kind kind, const char *text,
               size_t length)
{
    if (mime->state == STATE_HEADER)
        header_line(mime, kind, text, length);
    else
        body_line(mime, kind, text, length);
    mime->previous = kind;
    mime->offset += (off_t)length + (kind == MIME_LINE_END);
    mime->body_offset += (off_t)length + (kind == MIME_LINE_END);
}

unsigned mime_end(struct mime *mime)
{
    if (mime->state == STATE_HEADER)
        end_headers(mime);
    if (mime->handlers.body_end != NULL)
        mime->handlers.body_end(mime->context);
    return mime->errors;
}
