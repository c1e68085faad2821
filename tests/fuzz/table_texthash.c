/* SPDX-License-Identifier: ISC
 *
 * table_texthash.c - the source of a texthash table, as that of an access map.
 */
#include "fuzz.h"

FUZZ(table_texthash)
{
    fuzz_table(in, "texthash");
}
