/* SPDX-License-Identifier: ISC
 *
 * mem_trim.c - giving memory back to the system.
 *
 * The C library keeps what lies below the last block that is in use. Others
 * than glibc have no word for it, or need none.
 */
#include <stdlib.h>

#include "base/str.h"

#ifdef __GLIBC__
#include <malloc.h>

void mem_trim(void)
{
    malloc_trim(0);
}

#else

void mem_trim(void)
{
}

#endif
