/* SPDX-License-Identifier: ISC
 *
 * content.c - the lines of the message, on their way to header.c and body.c.
 */
#include <string.h>

#include "base/array.h"
#include "base/fatal.h"
#include "base/log.h"
#include "mail/record.h"
#include "message.h"

/* message_reject_characters and message_strip_characters. */
struct byte_set {
    bool is_used;
    bool has[256];
};
static struct byte_set rejected, stripped;

/* ---- sets of bytes ---- */

/* "\a" to "\v", "\\", and "\0" to "\377"; anything else stands for itself. */
static int escaped_byte(const char **text)
{
    static const char letters[] = "abfnrtv\\", bytes[] = "\a\b\f\n\r\t\v\\";
    const char *at = *text;
    const char *letter = *at ? strchr(letters, *at) : NULL;
    int byte = 0, digits = 0;

    if (letter != NULL) {
        *text = at + 1;
        return bytes[letter - letters];
    }
    for (; digits < 3 && at[digits] >= '0' && at[digits] <= '7'; digits++)
        byte = byte * 8 + (at[digits] - '0');
    if (digits == 0)
        return '\\';
    *text = at + digits;
    return byte & 0xff;
}

static void parse_set(struct byte_set *set, const char *text)
{
    while (*text != '\0') {
        int byte = (unsigned char)*text++;
        if (byte == '\\')
            byte = escaped_byte(&text) & 0xff;
        set->has[byte] = true;
        set->is_used = true;
    }
}

static size_t find_byte(const struct byte_set *set, const char *text,
                        size_t length)
{
    size_t i = 0;

    while (i < length && !set->has[(unsigned char)text[i]])
        i++;
    return i;
}

void content_set_up(void)
{
    parse_set(&rejected, cleanup_params.message_reject_characters);
    parse_set(&stripped, cleanup_params.message_strip_characters);
    if (cleanup_params.force_mime_input_conversion &&
        message_params.disable_mime_input_processing)
        fatal("force_mime_input_conversion does not go together with "
              "disable_mime_input_processing");
}

/* ---- lines as they should have come ---- */

static void reject_line(struct message *m, const char *text, size_t length)
{
    char *line = arena_strndup(m->arena, text, length);

    checks_log(m, "reject", "content", line, "5.7.1 disallowed character");
    message_fail(m, CLEANUP_STAT_CONTENT, "5.7.1 disallowed character");
}

/* A lone CR or LF would be the end of a line to some, and none to others:
 * that is how mail is smuggled past checks. */
static void replace_line_ends(struct str *line)
{
    for (size_t i = 0; i < line->length; i++)
        if (line->data[i] == '\r' || line->data[i] == '\n')
            line->data[i] = ' ';
}

static void strip_bytes(struct str *line)
{
    size_t used = 0;

    for (size_t i = 0; i < line->length; i++)
        if (!stripped.has[(unsigned char)line->data[i]])
            line->data[used++] = line->data[i];
    str_truncate(line, used);
}

/* The line as it goes on: <text>, or a changed copy. */
static const char *clean_line(struct message *m, const char *text,
                              size_t *length)
{
    bool stray = cleanup_params.cleanup_replace_stray_cr_lf &&
                 (memchr(text, '\r', *length) != NULL ||
                  memchr(text, '\n', *length) != NULL);
    bool strip =
        stripped.is_used && find_byte(&stripped, text, *length) < *length;

    if (rejected.is_used && (m->flags & CLEANUP_FILTER) &&
        !(m->errors & CLEANUP_STAT_CONTENT) &&
        find_byte(&rejected, text, *length) < *length)
        reject_line(m, text, *length);
    if (!stray && !strip)
        return text;
    str_set_bytes(&m->changed_line, text, *length);
    if (stray)
        replace_line_ends(&m->changed_line);
    if (strip)
        strip_bytes(&m->changed_line);
    *length = m->changed_line.length;
    return m->changed_line.data;
}

/* ---- MIME ---- */

static void mime_problem(void *context, enum mime_error error,
                         const char *text, size_t length)
{
    struct message *m = context;
    const char *what = mime_error_text(error);
    char *line = arena_strndup(m->arena, text, length);

    checks_log(m, "reject",
               arena_printf(m->arena, "mime-error %s:", what), line, NULL);
    message_fail(m, CLEANUP_STAT_CONTENT,
                 arena_printf(m->arena, "%s %s", mime_error_dsn(error), what));
}

static unsigned mime_options(const struct message *m)
{
    bool strict = cleanup_params.strict_8bitmime;
    const struct {
        bool on;
        unsigned option;
    } checks[] = {
        { strict || cleanup_params.strict_7bit_headers,
          MIME_REPORT_8BIT_IN_HEADER },
        { strict || cleanup_params.strict_8bitmime_body,
          MIME_REPORT_8BIT_IN_7BIT_BODY },
        { cleanup_params.strict_mime_encoding_domain,
          MIME_REPORT_ENCODING_DOMAIN },
        { *cleanup_params.header_checks != '\0' ||
              *cleanup_params.mime_header_checks != '\0' ||
              *cleanup_params.nested_header_checks != '\0',
          MIME_REPORT_NESTING },
    };
    unsigned options = MIME_RECURSE_MESSAGE;

    if (message_params.disable_mime_input_processing)
        return MIME_DISABLED;
    if (cleanup_params.force_mime_input_conversion)
        options |= MIME_DOWNGRADE;
    if (!(m->flags & CLEANUP_FILTER))
        return options;
    for (size_t i = 0; i < sizeof checks / sizeof *checks; i++)
        if (checks[i].on)
            options |= checks[i].option | MIME_REPORT_NESTING;
    return options;
}

/* ---- the segment ---- */

void content_begin(struct message *m)
{
    static const struct mime_handlers handlers = {
        .header = header_handle,
        .header_end = header_handle_end,
        .body = body_handle,
        .problem = mime_problem,
    };
    const struct mime_limits limits = {
        .header_size = (size_t)message_params.header_size_limit,
        .boundary_length = (size_t)message_params.mime_boundary_length_limit,
        .nesting = (int)message_params.mime_nesting_limit,
    };

    if (!message_failed(m))
        m->data_offset = stream_tell(m->out);
    m->mime = mime_new(mime_options(m), &limits, &handlers, m);
    m->segment = content_record;
}

static void end_content(struct message *m)
{
    if (m->last_is_part) /* the message did not end with a newline */
        mime_line(m->mime, MIME_LINE_END, "", 0);
    m->last_line = "";
    m->last_line_length = 0;
    mime_end(m->mime);
    if (!message_failed(m))
        m->extracted_offset = stream_tell(m->out);
    output_record(m, REC_XTRA, "", 0);
    extracted_begin(m);
}

void content_record(struct message *m, int type, const char *text,
                    size_t length)
{
    if (type == REC_XTRA) {
        end_content(m);
        return;
    }
    if (type != REC_NORM && type != REC_CONT) {
        log_warning("%s: unexpected record type %d in the content", m->id,
                    type);
        message_fail(m, CLEANUP_STAT_BAD, NULL);
        return;
    }
    if (message_failed(m))
        return;
    text = clean_line(m, text, &length);
    m->last_line = text;
    m->last_line_length = length;
    m->last_is_part = type == REC_CONT;
    mime_line(m->mime, type == REC_NORM ? MIME_LINE_END : MIME_LINE_PART, text,
              length);
}
