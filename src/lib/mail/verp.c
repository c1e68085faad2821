/* SPDX-License-Identifier: ISC
 *
 * verp.c - variable envelope return paths.
 */
#include "mail/verp.h"

#include <string.h>

#include "mail/address.h"

char *verp_sender(struct arena *arena, const char *delimiters,
                  const char *sender, const char *recipient)
{
    const char *at = address_at(sender);
    const char *recipient_at = address_at(recipient);
    size_t local = at == NULL ? strlen(sender) : (size_t)(at - sender);
    size_t user = recipient_at == NULL ? strlen(recipient)
                                       : (size_t)(recipient_at - recipient);

    if (recipient_at == NULL)
        return arena_printf(arena, "%.*s%c%s%s", (int)local, sender,
                            delimiters[0], recipient, at == NULL ? "" : at);
    return arena_printf(arena, "%.*s%c%.*s%c%s%s", (int)local, sender,
                        delimiters[0], (int)user, recipient, delimiters[1],
                        recipient_at + 1, at == NULL ? "" : at);
}

const char *verp_check(const char *delimiters, const char *filter)
{
    if (strlen(delimiters) != 2)
        return "VERP needs two delimiter characters";
    if (strchr(filter, delimiters[0]) == NULL ||
        strchr(filter, delimiters[1]) == NULL)
        return "VERP delimiter is not allowed by verp_delimiter_filter";
    return NULL;
}
