/* SPDX-License-Identifier: ISC
 *
 * token822.c - headers with addresses: scanned, parsed, and written again.
 */
#include "mail/token822.h"

#include <string.h>

#include "fuzz.h"
#include "mail/address.h"

enum { TOKENS_MAX = 1000 };

static char *written(struct fuzz_input *in, const struct token822 *tokens)
{
    struct str out = STR_EMPTY;

    token822_format(&out, tokens);
    char *text = arena_strndup(in->arena, out.data, out.length);
    str_fini(&out);
    return text;
}

static bool is_clean(const char *address)
{
    const char *domain = address_domain(address);

    return domain != NULL && address[0] != '@' &&
           (domain_is_hostname(domain) || domain_is_address_literal(domain));
}

/* An internal form is what is read again from what is written for it. Where
 * the domain is none, it may well be read as more than one address. */
static void visit(struct token822 **spec, void *context)
{
    struct fuzz_input *in = context;
    char *address = token822_internal(in->arena, *spec);
    struct token822 *made = token822_from_internal(in->arena, address);
    char *text = token822_external(in->arena, made);
    struct token822 *again = token822_scan(in->arena, text, TOKENS_MAX);

    FUZZ_CHECK(!is_clean(address) ||
               strcmp(token822_internal(in->arena, made), address) == 0);
    FUZZ_CHECK(!is_clean(address) ||
               strcmp(token822_internal(in->arena, again), address) ==
                   0);
}

/* What was escaped in a domain literal is written as it is. */
static bool may_escape_in_literal(const char *text)
{
    return strchr(text, '[') != NULL && strchr(text, '\\') != NULL;
}

FUZZ(token822)
{
    char *text = fuzz_rest(in, NULL);

    /* A backslash at the very end is a word without text, and is not written
     * again. */
    for (size_t length = strlen(text); length > 0 && text[length - 1] == '\\';)
        text[--length] = '\0';
    written(in, token822_scan(in->arena, text, TOKENS_MAX));
    struct token822 *tree = token822_parse(in->arena, text, TOKENS_MAX);
    token822_each_address(tree, visit, in);
    char *first = written(in, tree);
    char *second = written(in, token822_parse(in->arena, first, 100000));
    FUZZ_CHECK(may_escape_in_literal(text) || strcmp(first, second) == 0);
    written(in, token822_parse(in->arena, text, 3));
}
