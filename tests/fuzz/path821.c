/* SPDX-License-Identifier: ISC
 *
 * path821.c - a path of SMTP, strict and not.
 */
#include "mail/path821.h"

#include <string.h>

#include "fuzz.h"
#include "mail/address.h"
#include "mail/quote.h"

/* What was read can be written again, and is then the same. */
static void read_path(struct fuzz_input *in, const char *text, unsigned flags)
{
    char *address = NULL, *again = NULL;
    const char *why = NULL;

    if (!path821_parse(in->arena, text, flags, &address, &why)) {
        FUZZ_CHECK(why != NULL);
        return;
    }
    FUZZ_CHECK(address != NULL);
    address_for_log(in->arena, address);
    if (!(flags & PATH821_STRICT))
        return;
    char *path = arena_printf(in->arena, "<%s>",
                              quote_821_dup(in->arena, address));
    FUZZ_CHECK(path821_parse(in->arena, path, flags, &again, &why));
    FUZZ_CHECK(strcmp(again, address) == 0);
}

FUZZ(path821)
{
    char *text = fuzz_rest(in, NULL);

    for (unsigned flags = 0; flags < 4; flags++)
        read_path(in, text, flags);
}
