/* SPDX-License-Identifier: ISC
 *
 * fullname.c - a sender's name in a From: header: RFC 5322, RFC 2047.
 *
 * A name that is not ASCII becomes encoded words, each of at most 75
 * characters and of whole UTF-8 characters.
 */
#include <string.h>

#include "base/base64.h"
#include "base/log.h"
#include "base/text.h"
#include "mail/quote.h"
#include "message.h"

enum { WORD_MAX = 75, LINE_MAX = 76, SHORT_NAME = 20 };

/* ---- ASCII ---- */

/* atext of RFC 5322, and the white space between words. */
static bool is_plain_phrase(const char *name)
{
    static const char specials[] = "()<>[]:;@\\,.\"";

    for (; *name != '\0'; name++)
        if (strchr(specials, *name) != NULL || (*name < ' ' && *name != '\t'))
            return false;
    return true;
}

static const char *backslashed(struct arena *arena, const char *name,
                               const char *which)
{
    char *out = arena_alloc(arena, 2 * strlen(name) + 1), *to = out;

    for (; *name != '\0'; name++) {
        if (strchr(which, *name) != NULL)
            *to++ = '\\';
        *to++ = *name;
    }
    *to = '\0';
    return out;
}

static bool is_balanced(const char *name)
{
    long depth = 0;

    for (; *name != '\0' && depth >= 0; name++)
        depth += *name == '(' ? 1 : *name == ')' ? -1 : 0;
    return depth == 0;
}

static const char *phrase(struct arena *arena, const char *name)
{
    if (is_plain_phrase(name))
        return name;
    return arena_printf(arena, "\"%s\"", backslashed(arena, name, "\"\\"));
}

/* ---- encoded words ---- */

/* What may stand for itself in a Q-encoded phrase (RFC 2047, section 5). */
static bool is_plain_q(int c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
           (c >= 'a' && c <= 'z') || (c != '\0' && strchr("!*+-/", c) != NULL);
}

static size_t q_length(const char *text, size_t length)
{
    size_t sum = 0;

    for (size_t i = 0; i < length; i++)
        sum += is_plain_q(text[i]) || text[i] == ' ' ? 1 : 3;
    return sum;
}

static void add_q(struct str *out, const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (text[i] == ' ')
            str_add_char(out, '_');
        else if (is_plain_q(text[i]))
            str_add_char(out, text[i]);
        else
            str_addf(out, "=%02X", (unsigned char)text[i]);
}

static void add_b(struct str *out, const char *text, size_t length)
{
    struct str encoded = STR_EMPTY;

    base64_encode(&encoded, text, length);
    str_add_bytes(out, encoded.data, encoded.length);
    str_fini(&encoded);
}

/* Many names are Latin with an accent here and there: Q keeps them legible. */
static bool prefers_q(const char *name)
{
    size_t length = strlen(name), odd = 0;

    for (size_t i = 0; i < length; i++)
        odd += !is_plain_q(name[i]) && name[i] != ' ';
    return length < SHORT_NAME || odd < length / 2;
}

static size_t character_length(const char *text)
{
    size_t length = 1;

    while (((unsigned char)text[length] & 0xc0) == 0x80)
        length++;
    return length;
}

/* How much of <text> fits into <room> characters of encoded text. */
static size_t fitting(const char *text, size_t room, bool q)
{
    size_t used = 0;

    while (text[used] != '\0') {
        size_t next = used + character_length(text + used);
        size_t size = q ? q_length(text, next) : (next + 2) / 3 * 4;
        if (size > room && used > 0)
            break;
        used = next;
    }
    return used;
}

static const char *encoded_words(struct arena *arena, const char *name)
{
    const char *charset = message_params.full_name_encoding_charset;
    bool q = prefers_q(name);
    size_t frame = strlen("=?") + strlen(charset) + strlen("?Q?" "?=");
    size_t room = frame < WORD_MAX ? WORD_MAX - frame : 0;
    struct str out = STR_EMPTY;

    while (*name != '\0') {
        size_t part = fitting(name, room, q);
        str_addf(&out, "%s=?%s?%c?", out.length > 0 ? "\n " : "", charset,
                 q ? 'Q' : 'B');
        if (q)
            add_q(&out, name, part);
        else
            add_b(&out, name, part);
        str_add(&out, "?=");
        name += part;
    }
    const char *words = arena_strdup(arena, out.data);
    str_fini(&out);
    return words;
}

static bool charset_is_usable(void)
{
    const char *charset = message_params.full_name_encoding_charset;
    size_t length = strlen(charset);

    for (size_t i = 0; i < length; i++)
        if (!is_plain_q(charset[i]) && charset[i] != '_')
            length = WORD_MAX;
    if (length < WORD_MAX / 2)
        return true;
    log_warning("full_name_encoding_charset: \"%s\" is no name of a character "
                "set; the sender's name is left out",
                charset);
    return false;
}

/* ---- both ---- */

/* On one line if it fits there. */
static const char *join(struct arena *arena, const char *first,
                        const char *second)
{
    const char *newline = strrchr(first, '\n');
    size_t column = newline != NULL ? strlen(newline + 1)
                                    : strlen("From: ") + strlen(first);
    bool fits = column + 1 + strlen(second) <= LINE_MAX;

    return arena_printf(arena, "%s%s%s", first, fits ? " " : "\n ", second);
}

static const char *obsolete_form(struct arena *arena, const char *address,
                                 const char *name, bool ascii)
{
    const char *comment =
        ascii ? backslashed(arena, name, is_balanced(name) ? "\\" : "()\\")
              : encoded_words(arena, name);

    return join(arena, address, arena_printf(arena, "(%s)", comment));
}

const char *fullname_from_header(struct arena *arena, const char *address,
                                 const char *name)
{
    const char *external = quote_822_dup(arena, address);
    bool ascii = name == NULL || text_is_ascii(name);

    if (name == NULL || *name == '\0' || (!ascii && !charset_is_usable()))
        return external;
    if (strcmp(message_params.header_from_format, "obsolete") == 0)
        return obsolete_form(arena, external, name, ascii);
    return join(arena,
                ascii ? phrase(arena, name) : encoded_words(arena, name),
                arena_printf(arena, "<%s>", external));
}
