/* SPDX-License-Identifier: ISC
 *
 * table_pcre.c - the source of a pcre table.
 */
#include "config.h"
#include "fuzz.h"

FUZZ(table_pcre)
{
#ifdef HAVE_PCRE
    fuzz_table(in, "pcre");
#else
    (void)in;
#endif
}
