/* SPDX-License-Identifier: ISC
 *
 * dsn_notify.c - NOTIFY and RET of RFC 3461, sections 4.1 and 4.3.
 */
#include "mail/dsn_notify.h"

#include <stddef.h>
#include <string.h>

#include "base/text.h"

static const struct {
    const char *name;
    int bit;
} words[] = {
    { "NEVER", DSN_NOTIFY_NEVER },
    { "SUCCESS", DSN_NOTIFY_SUCCESS },
    { "FAILURE", DSN_NOTIFY_FAILURE },
    { "DELAY", DSN_NOTIFY_DELAY },
};

static int word_bit(const char *word, size_t length)
{
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strlen(words[i].name) == length &&
            text_equal_nocase_n(word, words[i].name, length))
            return words[i].bit;
    return 0;
}

/* NEVER goes with nothing else, and nothing is said twice. */
int dsn_notify_parse(const char *text)
{
    int bits = 0;

    for (;;) {
        size_t length = strcspn(text, ",");
        int bit = word_bit(text, length);
        if (bit == 0 || (bits & bit) != 0)
            return 0;
        bits |= bit;
        if (text[length] == 0)
            break;
        text += length + 1;
    }
    if ((bits & DSN_NOTIFY_NEVER) != 0 && bits != DSN_NOTIFY_NEVER)
        return 0;
    return bits;
}

const char *dsn_notify_format(int bits)
{
    static const char *const texts[] = {
        "",
        "NEVER",
        "SUCCESS",
        "",
        "FAILURE",
        "",
        "SUCCESS,FAILURE",
        "",
        "DELAY",
        "",
        "SUCCESS,DELAY",
        "",
        "FAILURE,DELAY",
        "",
        "SUCCESS,FAILURE,DELAY",
    };
    size_t count = sizeof texts / sizeof texts[0];

    return bits >= 0 && (size_t)bits < count ? texts[bits] : "";
}

int dsn_return_parse(const char *text)
{
    if (text_equal_nocase(text, "FULL"))
        return DSN_RET_FULL;
    if (text_equal_nocase(text, "HDRS"))
        return DSN_RET_HEADERS;
    return DSN_RET_NONE;
}
