/* SPDX-License-Identifier: ISC
 *
 * table_pcre.c - the source of a pcre table.
 */
#include "fuzz.h"

FUZZ(table_pcre)
{
    fuzz_table(in, "pcre");
}
