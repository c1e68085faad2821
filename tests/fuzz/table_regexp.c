/* SPDX-License-Identifier: ISC
 *
 * table_regexp.c - the source of a regexp table.
 */
#include "fuzz.h"

FUZZ(table_regexp)
{
    if (!fuzz_is_costly(in))
        fuzz_table(in, "regexp");
}
