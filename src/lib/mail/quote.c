/* SPDX-License-Identifier: ISC
 *
 * quote.c - internal addresses to external form and back.
 *
 * A local part that is no dot-string (RFC 5321 section 4.1.2) or no sequence
 * of atoms and dots (RFC 5322 section 3.2.3) becomes a quoted string.
 */
#include "mail/quote.h"

#include <string.h>

#include "mail/address.h"

static const char specials[] = "<>()[]\\,;:@\"";

static bool is_dot_string(const char *text, size_t length)
{
    if (length == 0 || text[0] == '.' || text[length - 1] == '.')
        return false;
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c <= ' ' || c == 127 || strchr(specials, c) != NULL)
            return false;
        if (c == '.' && text[i + 1] == '.')
            return false;
    }
    return true;
}

static void add_quoted(struct str *out, const char *text, size_t length)
{
    str_add_char(out, '"');
    for (size_t i = 0; i < length; i++) {
        if (strchr("\"\\\r\n", text[i]) != NULL)
            str_add_char(out, '\\');
        str_add_char(out, text[i]);
    }
    str_add_char(out, '"');
}

/* The two standards have the same special characters, and Postfix quotes for
 * both in the same way. */
void quote_822(struct str *out, const char *address)
{
    if (*address == 0)
        return;
    const char *at = address_at(address);
    size_t length = at == NULL ? strlen(address) : (size_t)(at - address);
    if (is_dot_string(address, length))
        str_add_bytes(out, address, length);
    else
        add_quoted(out, address, length);
    if (at != NULL)
        str_add(out, at);
}

static char *in_arena(struct arena *arena, const char *address,
                      void (*convert)(struct str *, const char *))
{
    struct str text = STR_EMPTY;

    convert(&text, address);
    char *copy = arena_strndup(arena, text.data, text.length);
    str_fini(&text);
    return copy;
}

char *quote_821_dup(struct arena *arena, const char *address)
{
    return in_arena(arena, address, quote_822);
}

char *quote_822_dup(struct arena *arena, const char *address)
{
    return in_arena(arena, address, quote_822);
}

/* Quotes may stand around parts of a local part ("a b".c); the domain is
 * taken as it is. */
static void unquote_822(struct str *out, const char *address)
{
    bool quoted = false;

    for (const char *p = address; *p != 0; p++) {
        if (*p == '"') {
            quoted = !quoted;
            continue;
        }
        if (*p == '@' && !quoted && strpbrk(p + 1, "@\"") == NULL) {
            str_add(out, p);
            return;
        }
        if (*p == '\\' && p[1] != 0)
            p++;
        str_add_char(out, *p);
    }
}

char *unquote_822_dup(struct arena *arena, const char *address)
{
    return in_arena(arena, address, unquote_822);
}
