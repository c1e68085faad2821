/* SPDX-License-Identifier: ISC
 *
 * header.c - names and properties of message headers.
 */
#include "mail/header.h"

#include <string.h>

#include "base/text.h"

static const struct header_info headers[] = {
    { HDR_OTHER, "", 0 },
#define HEADER(id, name, flags) { HDR_##id, name, flags },
#include "mail/headers.def"
#undef HEADER
};

enum { HEADER_COUNT = sizeof headers / sizeof headers[0] };

static bool is_blank(int c)
{
    return c == ' ' || c == '\t';
}

/* Name characters are printable ASCII but the colon. */
static size_t name_characters(const char *line, size_t length)
{
    size_t n = 0;

    while (n < length && line[n] > ' ' && line[n] < 127 && line[n] != ':')
        n++;
    return n;
}

size_t header_name_length(const char *line, size_t length)
{
    size_t name = name_characters(line, length);
    size_t colon = name;

    while (colon < length && is_blank(line[colon]))
        colon++;
    return name > 0 && colon < length && line[colon] == ':' ? name : 0;
}

/* Rows are in the order of their names: the first letter chooses. */
const struct header_info *header_find(const char *line)
{
    size_t length = header_name_length(line, strlen(line));

    if (length == 0)
        return NULL;
    for (int i = 1; i < HEADER_COUNT; i++)
        if ((headers[i].name[0] | 0x20) == (line[0] | 0x20) &&
            text_equal_nocase_n(headers[i].name, line, length) &&
            headers[i].name[length] == 0)
            return &headers[i];
    return NULL;
}

const struct header_info *header_info(enum header_id id)
{
    /* The count is that of the array: */
    /* cppcheck-suppress arrayIndexOutOfBoundsCond */
    return id > HDR_OTHER && (int)id < HEADER_COUNT ? &headers[id] : NULL;
}

const char *header_value(const char *line)
{
    const char *colon = strchr(line, ':');

    if (colon == NULL)
        return "";
    for (colon++; text_is_space((unsigned char)*colon);)
        colon++;
    return colon;
}
