/* SPDX-License-Identifier: ISC
 *
 * mime_content.c - what MIME headers say, and quoted-printable.
 */
#include <string.h>

#include "base/text.h"
#include "mime_private.h"

/* ---- Words of structured headers ---------------------------------------- */

static const char *skip_comment(const char *text)
{
    int depth = 0;

    for (; *text != 0; text++) {
        if (*text == '\\' && text[1] != 0)
            text++;
        else if (*text == '(')
            depth++;
        else if (*text == ')' && --depth == 0)
            return text + 1;
    }
    return text;
}

static const char *skip_blanks(const char *text)
{
    for (;;) {
        while (text_is_space((unsigned char)*text))
            text++;
        if (*text != '(')
            return text;
        text = skip_comment(text);
    }
}

/* RFC 2045 section 5.1: token. */
static size_t token_length(const char *text)
{
    return strcspn(text, "()<>@,;:\\\"/[]?= \t\r\n");
}

static bool is_word(const char *text, size_t length, const char *word)
{
    return strlen(word) == length && text_equal_nocase_n(text, word, length);
}

/* A token or a quoted string; returns what follows. */
static const char *read_value(const char *text, size_t max, struct str *out)
{
    if (*text != '"') {
        size_t length = strcspn(text, ";(\t \r\n");
        str_add_bytes(out, text, length < max ? length : max);
        return text + length;
    }
    for (text++; *text != 0 && *text != '"'; text++) {
        if (*text == '\\' && text[1] != 0)
            text++;
        if (out->length < max && *text != '\n')
            str_add_char(out, *text);
    }
    return *text == 0 ? text : text + 1;
}

/* "; name=value ..." */
static void find_parameter(const char *text, const char *name, size_t max,
                           struct str *out)
{
    struct str value = STR_EMPTY;

    while (*(text = skip_blanks(text)) == ';') {
        text = skip_blanks(text + 1);
        size_t length = token_length(text);
        bool wanted = is_word(text, length, name);
        text = skip_blanks(text + length);
        if (*text != '=') {
            text += strcspn(text, ";");
            continue;
        }
        str_clear(&value);
        text = read_value(skip_blanks(text + 1), max, &value);
        if (wanted) {
            str_swap(out, &value);
            break;
        }
    }
    str_fini(&value);
}

static const struct {
    const char *subtype;
    enum mime_type type;
} messages[] = {
    { "rfc822", MIME_TYPE_RFC822 },
    { "global", MIME_TYPE_GLOBAL },
    { "partial", MIME_TYPE_FRAGMENT },
    { "external-body", MIME_TYPE_FRAGMENT },
};

static const struct {
    const char *word;
    enum mime_encoding encoding;
} encodings[] = {
    { "8bit", MIME_ENC_8BIT },
    { "binary", MIME_ENC_8BIT },
    { "base64", MIME_ENC_OTHER },
    { "quoted-printable", MIME_ENC_OTHER },
};

enum mime_type mime_parse_type(const char *value, size_t max,
                               struct str *boundary)
{
    const char *type = skip_blanks(value);
    size_t type_length = token_length(type);
    const char *slash = skip_blanks(type + type_length);
    const char *subtype = *slash == '/' ? skip_blanks(slash + 1) : slash;
    size_t subtype_length = token_length(subtype);

    str_clear(boundary);
    if (is_word(type, type_length, "multipart")) {
        find_parameter(subtype + subtype_length, "boundary", max, boundary);
        return MIME_TYPE_MULTIPART;
    }
    if (!is_word(type, type_length, "message"))
        return MIME_TYPE_LEAF;
    for (size_t i = 0; i < sizeof messages / sizeof *messages; i++)
        if (is_word(subtype, subtype_length, messages[i].subtype))
            return messages[i].type;
    return MIME_TYPE_MESSAGE;
}

enum mime_encoding mime_parse_encoding(const char *value, const char **word,
                                       size_t *length)
{
    *word = skip_blanks(value);
    *length = token_length(*word);
    for (size_t i = 0; i < sizeof encodings / sizeof *encodings; i++)
        if (is_word(*word, *length, encodings[i].word))
            return encodings[i].encoding;
    return MIME_ENC_7BIT;
}

/* ---- Quoted-printable --------------------------------------------------- */

enum { QP_COLUMNS = 76, QP_ESCAPE_LENGTH = 3 };

static void add_soft_break(struct str *out, size_t *column)
{
    str_add(out, "=\n");
    *column = 0;
}

/* Room is left for the '=' of a soft line break. A line is broken where an
 * escape does not fit any more, whatever comes next, as Postfix does it. */
static void add_character(struct str *out, int c, bool escape, size_t *column)
{
    size_t length = escape ? QP_ESCAPE_LENGTH : 1;

    if (*column + QP_ESCAPE_LENGTH > QP_COLUMNS - 1)
        add_soft_break(out, column);
    if (escape)
        str_addf(out, "=%02X", (unsigned)c);
    else
        str_add_char(out, c);
    *column += length;
}

void mime_quote_printable(struct str *out, const char *text, size_t length,
                          size_t *column, bool last)
{
    for (size_t i = 0; i < length; i++) {
        int c = (unsigned char)text[i];
        bool blank_at_end = (c == ' ' || c == '\t') && i + 1 == length && last;
        bool escape = c == '=' || c >= 127 || (c < ' ' && c != '\t') ||
                      blank_at_end;
        add_character(out, c, escape, column);
    }
    if (last)
        *column = 0;
}
