/* SPDX-License-Identifier: ISC
 *
 * table_regexp.c - the source of a regexp table.
 */
#include <string.h>

#include "fuzz.h"

enum { REPETITIONS_MAX = 16 };

/* What is repeated again and again, the C library copies each time, and takes
 * all time or memory for a few bytes of an expression. That is the affair of
 * who writes the table. */
static bool is_costly(const char *text, size_t size)
{
    int numbers = 0, all = 0;
    bool after_one = false;

    for (size_t i = 0; i < size; i++) {
        bool is_one = text[i] != '\0' && strchr("*+?{", text[i]) != NULL;
        numbers += text[i] == '{';
        all += is_one;
        if (is_one && after_one)
            return true;
        after_one = is_one;
    }
    return numbers > 1 || all > REPETITIONS_MAX;
}

FUZZ(table_regexp)
{
    if (!is_costly(in->data, in->size))
        fuzz_table(in, "regexp");
}
