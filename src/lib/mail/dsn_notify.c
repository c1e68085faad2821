/* SPDX-License-Identifier: ISC
 *
 * dsn_notify.c - NOTIFY and RET of RFC 3461, sections 4.1 and 4.3.
 */
#include "mail/dsn_notify.h"

#include <stddef.h>
#include <string.h>

#include "base/log.h"
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

/* NEVER goes with nothing else. */
int dsn_notify_parse(const char *text)
{
    static const char separators[] = ", \t\r\n";
    const char *word = text;
    int bits = 0;

    for (;;) {
        word += strspn(word, separators);
        if (*word == '\0')
            break;
        size_t length = strcspn(word, separators);
        int bit = word_bit(word, length);
        if (bit == 0) {
            log_warning("unknown DSN NOTIFY command value \"%.*s\" in \"%s\"",
                        (int)length, word, text);
            return 0;
        }
        bits |= bit;
        word += length;
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
