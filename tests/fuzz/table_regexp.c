/* SPDX-License-Identifier: ISC
 *
 * table_regexp.c - the source of a regexp table.
 */
#include "fuzz.h"

FUZZ(table_regexp)
{
    fuzz_table(in, "regexp");
}
