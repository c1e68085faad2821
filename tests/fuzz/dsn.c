/* SPDX-License-Identifier: ISC
 *
 * dsn.c - texts that may begin with an enhanced status code.
 */
#include "mail/dsn.h"

#include <string.h>

#include "fuzz.h"

FUZZ(dsn)
{
    static const char *const fallbacks[] = { "2.0.0", "4.0.0", "5.7.1" };
    struct dsn dsn;
    char *text = fuzz_rest(in, NULL);

    for (size_t i = 0; i < sizeof fallbacks / sizeof *fallbacks; i++) {
        dsn_split(in->arena, fallbacks[i], text, &dsn);
        FUZZ_CHECK(dsn.status[0] == fallbacks[i][0]);
        FUZZ_CHECK(dsn_status_length(dsn.status) == strlen(dsn.status));
        FUZZ_CHECK(strlen(dsn.reason) <= strlen(text));
    }
}
