/* SPDX-License-Identifier: ISC
 *
 * dsn.c - enhanced status codes: RFC 3463.
 */
#include "mail/dsn.h"

#include <string.h>

#include "base/text.h"

/* Of 1 to 3 digits, else 0. */
static size_t digits_length(const char *text)
{
    size_t length = strspn(text, "0123456789");

    return length <= 3 ? length : 0;
}

size_t dsn_status_length(const char *text)
{
    if (strchr("245", text[0]) == NULL || text[0] == 0 || text[1] != '.')
        return 0;
    size_t subject = digits_length(text + 2);
    if (subject == 0 || text[2 + subject] != '.')
        return 0;
    const char *detail = text + 2 + subject + 1;
    size_t length = digits_length(detail);
    if (length == 0 || (detail[length] != 0 && !text_is_space(detail[length])))
        return 0;
    return (size_t)(detail - text) + length;
}

void dsn_split(struct arena *arena, const char *fallback, const char *text,
               struct dsn *out)
{
    while (text_is_space((unsigned char)*text))
        text++;
    size_t length = dsn_status_length(text);
    const char *status = fallback;

    if (length > 0 && text[0] == fallback[0])
        status = arena_strndup(arena, text, length);
    memset(out, 0, sizeof *out);
    out->status = status;
    text += length;
    while (text_is_space((unsigned char)*text))
        text++;
    out->reason = arena_strdup(arena, text);
}
