/* SPDX-License-Identifier: ISC
 *
 * hex.c - base 16.
 */
#include "base/hex.h"

void hex_encode(struct str *out, const void *data, size_t length, bool colons)
{
    static const char digits[] = "0123456789ABCDEF";
    const unsigned char *bytes = data;
    str_clear(out);
    str_reserve(out, length * (colons ? 3 : 2));
    for (size_t i = 0; i < length; i++) {
        if (colons && i > 0)
            str_add_char(out, ':');
        str_add_char(out, digits[bytes[i] >> 4]);
        str_add_char(out, digits[bytes[i] & 15]);
    }
}

static int value_of(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

bool hex_decode(struct str *out, const char *text, size_t length, bool colons)
{
    str_clear(out);
    for (size_t at = 0; at < length; at += 2) {
        if (colons && at > 0 && text[at] == ':')
            at++;
        if (length - at < 2)
            return false;
        int high = value_of(text[at]), low = value_of(text[at + 1]);
        if (high < 0 || low < 0)
            return false;
        str_add_char(out, high << 4 | low);
    }
    return true;
}
