/* SPDX-License-Identifier: ISC
 *
 * utf8.c - is this UTF-8?
 *
 * Folding (utf8_fold.c) and domain names (utf8_domain.c) stand apart, so that
 * programs without them do not load the large libraries behind them.
 */
#include "base/utf8.h"

/* The shortest character of each length, against overlong forms. */
static const unsigned long smallest[] = { 0, 0, 0x80, 0x800, 0x10000 };

static size_t length_from_first(unsigned char first)
{
    if (first < 0x80)
        return 1;
    if (first < 0xc0)
        return 0;
    if (first < 0xe0)
        return 2;
    if (first < 0xf0)
        return 3;
    return first < 0xf8 ? 4 : 0;
}

/* The length of the character at <bytes>, of which <left> are there; 0 if it
 * is malformed. */
static size_t character_length(const unsigned char *bytes, size_t left)
{
    size_t length = length_from_first(bytes[0]);
    if (length <= 1)
        return length;
    if (length > left)
        return 0;

    unsigned long code = bytes[0] & (0x7fU >> length);
    for (size_t i = 1; i < length; i++) {
        if ((bytes[i] & 0xc0) != 0x80)
            return 0;
        code = code << 6 | (bytes[i] & 0x3f);
    }
    if (code < smallest[length] || code > 0x10ffff)
        return 0;
    return code >= 0xd800 && code <= 0xdfff ? 0 : length;
}

bool utf8_is_valid(const char *text, size_t length)
{
    const unsigned char *bytes = (const unsigned char *)text;
    for (size_t at = 0; at < length;) {
        size_t step = character_length(bytes + at, length - at);
        if (step == 0)
            return false;
        at += step;
    }
    return true;
}
