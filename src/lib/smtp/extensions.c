/* SPDX-License-Identifier: ISC
 *
 * extensions.c - EHLO keywords by name and by bit.
 */
#include "smtp/extensions.h"

#include <stddef.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/str.h"
#include "base/text.h"

static const struct {
    unsigned bit;
    const char *keyword;
} extensions[] = {
#define EXTENSION(id, keyword, bit) { EXT_##id, keyword },
#include "smtp/extensions.def"
#undef EXTENSION
};

enum { EXTENSION_COUNT = sizeof extensions / sizeof *extensions };

unsigned smtp_extension_find(const char *keyword)
{
    for (size_t i = 0; i < EXTENSION_COUNT; i++)
        if (text_equal_nocase(extensions[i].keyword, keyword))
            return extensions[i].bit;
    return 0;
}

const char *smtp_extension_keyword(unsigned bit)
{
    for (size_t i = 0; i < EXTENSION_COUNT; i++)
        if (extensions[i].bit == bit)
            return extensions[i].keyword;
    return NULL;
}

unsigned smtp_extensions_parse(const char *title, const char *list)
{
    unsigned bits = 0;
    char *copy = mem_strdup(list);
    char *cursor = copy;
    char *word;

    while ((word = text_token(&cursor, LIST_SEPARATORS)) != NULL) {
        unsigned bit = smtp_extension_find(word);
        if (bit == 0)
            log_warning("%s: unrecognized EHLO keyword \"%s\"", title, word);
        bits |= bit;
    }
    free(copy);
    return bits;
}
