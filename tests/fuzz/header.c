/* SPDX-License-Identifier: ISC
 *
 * header.c - the name and the value of a header.
 */
#include "mail/header.h"

#include <string.h>

#include "fuzz.h"

FUZZ(header)
{
    size_t size;
    char *line = fuzz_rest(in, &size);
    size_t length = header_name_length(line, size);
    const struct header_info *info = header_find(line);

    FUZZ_CHECK(length <= size);
    if (info != NULL)
        FUZZ_CHECK(length == strlen(info->name) &&
                   header_info(info->id) == info);
    FUZZ_CHECK(header_value(line) != NULL);
}
