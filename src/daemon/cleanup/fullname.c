/* SPDX-License-Identifier: ISC
 *
 * fullname.c - a sender's name in a From: header: RFC 5322, RFC 2047.
 */
#include <string.h>

#include "base/text.h"
#include "mail/quote.h"
#include "message.h"

/* atext of RFC 5322, and the white space between words. */
static bool is_plain_phrase(const char *name)
{
    static const char specials[] = "()<>[]:;@\\,.\"";

    for (; *name != '\0'; name++)
        if (strchr(specials, *name) != NULL || (*name < ' ' && *name != '\t'))
            return false;
    return true;
}

static const char *backslashed(struct arena *arena, const char *name,
                               const char *which)
{
    char *out = arena_alloc(arena, 2 * strlen(name) + 1), *to = out;

    for (; *name != '\0'; name++) {
        if (strchr(which, *name) != NULL)
            *to++ = '\\';
        *to++ = *name;
    }
    *to = '\0';
    return out;
}

static bool is_balanced(const char *name)
{
    long depth = 0;

    for (; *name != '\0' && depth >= 0; name++)
        depth += *name == '(' ? 1 : *name == ')' ? -1 : 0;
    return depth == 0;
}

static const char *phrase(struct arena *arena, const char *name)
{
    if (is_plain_phrase(name))
        return name;
    return arena_printf(arena, "\"%s\"", backslashed(arena, name, "\"\\"));
}

const char *fullname_from_header(struct arena *arena, const char *address,
                                 const char *name)
{
    const char *external = quote_822_dup(arena, address);

    if (name == NULL || *name == '\0')
        return external;
    if (strcmp(message_params.header_from_format, "obsolete") == 0)
        return arena_printf(arena, "%s (%s)", external,
                            backslashed(arena, name,
                                        is_balanced(name) ? "\\" : "()\\"));
    return arena_printf(arena, "%s <%s>", phrase(arena, name), external);
}
