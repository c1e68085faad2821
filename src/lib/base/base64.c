/* SPDX-License-Identifier: ISC
 *
 * base64.c - RFC 4648 base 64.
 */
#include "base/base64.h"

#include <string.h>

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                               "abcdefghijklmnopqrstuvwxyz0123456789+/";

void base64_encode(struct str *out, const void *data, size_t length)
{
    const unsigned char *bytes = data;
    str_clear(out);
    str_reserve(out, (length / 3 + 1) * 4);

    for (; length > 0; bytes += 3) {
        size_t used = length < 3 ? length : 3;
        unsigned group = (unsigned)bytes[0] << 16 |
                         (used > 1 ? (unsigned)bytes[1] << 8 : 0) |
                         (used > 2 ? bytes[2] : 0);
        str_add_char(out, alphabet[group >> 18]);
        str_add_char(out, alphabet[group >> 12 & 63]);
        str_add_char(out, used > 1 ? alphabet[group >> 6 & 63] : '=');
        str_add_char(out, used > 2 ? alphabet[group & 63] : '=');
        length -= used;
    }
}

/* 0 to 63, or -1. */
static int value_of(char c)
{
    const char *found = c == '\0' ? NULL : strchr(alphabet, c);
    return found == NULL ? -1 : (int)(found - alphabet);
}

/* Decode four characters that stand for <count> bytes. Bits that are left
 * over must be zero: otherwise one value could be written in many ways. */
static bool decode_group(struct str *out, const char *text, size_t count)
{
    unsigned group = 0;
    for (size_t i = 0; i < 4; i++) {
        int value = i <= count ? value_of(text[i]) : 0;
        if (value < 0)
            return false;
        group = group << 6 | (unsigned)value;
    }
    for (size_t i = 0; i < count; i++)
        str_add_char(out, (int)(group >> (16 - 8 * i) & 255));
    return (group & ((1U << (24 - 8 * count)) - 1)) == 0;
}

bool base64_decode(struct str *out, const char *text, size_t length)
{
    str_clear(out);
    if (length % 4 != 0)
        return false;
    str_reserve(out, length / 4 * 3);
    for (; length > 0; text += 4, length -= 4) {
        size_t count = 3;
        if (length == 4 && text[3] == '=')
            count = text[2] == '=' ? 1 : 2;
        if (!decode_group(out, text, count))
            return false;
    }
    return true;
}
