/* SPDX-License-Identifier: ISC
 *
 * generic.c - smtp_generic_maps: addresses that mean something only inside
 * become ones that the world knows.
 */
#include <string.h>

#include "mail/header.h"
#include "mail/quote.h"
#include "mail/token822.h"
#include "smtp.h"

const char *generic_address(struct arena *arena, const char *address)
{
    char **found = NULL;
    size_t count = 0;

    if (maps_is_empty(settings()->generic))
        return address;
    switch (find_addresses(settings()->generic, arena, address,
                           &settings()->generic_find,
                           settings()->generic_extensions, &found, &count)) {
    case FOUND: return count > 0 ? found[0] : address;
    case ABSENT: return address;
    case FAILED: return NULL;
    }
    return NULL;
}

struct rewriting {
    struct arena *arena;
    bool changed, failed;
};

static void rewrite_spec(struct token822 **spec, void *context)
{
    struct rewriting *r = context;
    char *address = token822_internal(r->arena, *spec);
    const char *mapped = generic_address(r->arena, address);

    if (mapped == NULL)
        r->failed = true;
    if (mapped == NULL || strcmp(mapped, address) == 0)
        return;
    *spec = token822_from_internal(r->arena, mapped);
    r->changed = true;
}

bool generic_header(struct arena *arena, const char *text, struct str *out,
                    bool *failed)
{
    struct rewriting r = { .arena = arena };
    const char *value = header_value(text);
    struct token822 *tokens = token822_parse(
        arena, value, (size_t)message_params.header_address_token_limit);

    token822_each_address(tokens, rewrite_spec, &r);
    *failed = *failed || r.failed;
    if (!r.changed)
        return false;
    str_clear(out);
    str_add_bytes(out, text, (size_t)(value - text));
    token822_format(out, tokens);
    return true;
}
