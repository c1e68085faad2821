/* SPDX-License-Identifier: ISC
 *
 * header.c - the name, the value and the folding of a header.
 */
#include "mail/header.h"

#include <string.h>

#include "fuzz.h"

/* Folding changes nothing but blanks. */
static void compare(const char *line, const char *folded)
{
    for (;;) {
        line += strspn(line, " \t\n");
        folded += strspn(folded, " \t\n");
        FUZZ_CHECK(*line == *folded);
        if (*line++ == '\0')
            return;
        folded++;
    }
}

FUZZ(header)
{
    size_t size;
    char *line = fuzz_rest(in, &size);
    size_t length = header_name_length(line, size);
    const struct header_info *info = header_find(line);
    struct str folded = STR_EMPTY;

    FUZZ_CHECK(length <= size);
    if (info != NULL)
        FUZZ_CHECK(length == strlen(info->name) &&
                   header_info(info->id) == info);
    FUZZ_CHECK(header_value(line) != NULL);
    header_fold(&folded, line);
    compare(line, folded.data);
    str_fini(&folded);
}
