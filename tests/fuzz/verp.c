/* SPDX-License-Identifier: ISC
 *
 * verp.c - senders that name the recipient.
 */
#include "mail/verp.h"

#include <string.h>

#include "fuzz.h"

FUZZ(verp)
{
    char *delimiters = fuzz_line(in), *sender = fuzz_line(in),
         *recipient = fuzz_rest(in, NULL);

    if (verp_check(delimiters, "-=+") != NULL)
        return;
    char *made = verp_sender(in->arena, delimiters, sender, recipient);
    FUZZ_CHECK(strlen(made) ==
               strlen(sender) + strlen(recipient) + 1);
    FUZZ_CHECK(strchr(made, delimiters[0]) != NULL);
}
