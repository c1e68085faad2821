/* SPDX-License-Identifier: ISC
 *
 * xtext.c - RFC 3461 section 4 and RFC 6533 section 3.
 */
#include "mail/xtext.h"

#include <stdlib.h>
#include <string.h>

#include "base/hex.h"
#include "base/utf8.h"

void xtext_encode(struct str *out, const char *text, const char *extra)
{
    for (; *text != 0; text++) {
        unsigned char c = (unsigned char)*text;
        if (c <= ' ' || c >= 127 || c == '+' || c == '=' ||
            (extra != NULL && strchr(extra, c) != NULL))
            str_addf(out, "+%02X", c);
        else
            str_add_char(out, c);
    }
}

/* A NUL would hide what follows it. */
bool xtext_decode(struct str *out, const char *text)
{
    struct str byte = STR_EMPTY;
    bool good = true;

    for (; good && *text != 0; text++) {
        if (*text != '+') {
            str_add_char(out, *text);
            continue;
        }
        good = text[1] != 0 && text[2] != 0 &&
               hex_decode(&byte, text + 1, 2, false) && byte.data[0] != 0;
        if (good) {
            str_add_bytes(out, byte.data, 1);
            text += 2;
        }
    }
    str_fini(&byte);
    return good;
}

/* ---- UTF-8 ------------------------------------------------------------- */

static void add_code_point(struct str *out, unsigned long c)
{
    if (c < 0x80) {
        str_add_char(out, (int)c);
        return;
    }
    if (c < 0x800) {
        str_add_char(out, (int)(0xC0 | c >> 6));
    } else if (c < 0x10000) {
        str_add_char(out, (int)(0xE0 | c >> 12));
        str_add_char(out, (int)(0x80 | (c >> 6 & 0x3F)));
    } else {
        str_add_char(out, (int)(0xF0 | c >> 18));
        str_add_char(out, (int)(0x80 | (c >> 12 & 0x3F)));
        str_add_char(out, (int)(0x80 | (c >> 6 & 0x3F)));
    }
    str_add_char(out, (int)(0x80 | (c & 0x3F)));
}

/* EmbeddedUnicodeChar: "\x{" 2 to 6 hex digits "}". Returns what
 * follows, NULL if it is none. */
static const char *embedded(const char *text, unsigned long *code)
{
    enum { DIGITS_MIN = 2, DIGITS_MAX = 6, CODE_MAX = 0x10FFFF };
    const char *start = text + strlen("\\x{");
    size_t length;

    if (strncmp(text, "\\x{", strlen("\\x{")) != 0)
        return NULL;
    length = strspn(start, "0123456789ABCDEFabcdef");
    if (length < DIGITS_MIN || length > DIGITS_MAX || start[length] != '}')
        return NULL;
    *code = strtoul(start, NULL, 16);
    if (*code == 0 || *code > CODE_MAX || (*code >= 0xD800 && *code < 0xE000))
        return NULL;
    return start + length + 1;
}

bool utf8_xtext_decode(struct str *out, const char *text)
{
    unsigned long code;

    if (!utf8_is_valid(text, strlen(text)))
        return false;
    while (*text != 0) {
        if (*text != '\\') {
            str_add_char(out, *text++);
            continue;
        }
        if (text[1] != 'x' || text[2] != '{') {
            str_add_char(out, *text++);
            continue;
        }
        text = embedded(text, &code);
        if (text == NULL)
            return false;
        add_code_point(out, code);
    }
    return true;
}
