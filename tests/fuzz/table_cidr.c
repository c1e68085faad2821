/* SPDX-License-Identifier: ISC
 *
 * table_cidr.c - the source of a cidr table.
 */
#include "fuzz.h"

FUZZ(table_cidr)
{
    fuzz_table(in, "cidr");
}
