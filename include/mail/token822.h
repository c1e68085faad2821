/* SPDX-License-Identifier: ISC
 *
 * token822.h - RFC 5322 (and 822) header grammar: tokens, addresses, and back
 * to text.
 */
#ifndef MAIL_TOKEN822_H
#define MAIL_TOKEN822_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/str.h"

enum token822_kind {
    TOKEN_ATOM,
    TOKEN_QUOTED,       /* text without the quotes, backslashes resolved */
    TOKEN_LITERAL,      /* [..] text without brackets */
    TOKEN_COMMENT,      /* (..) raw text with the outer parentheses */
    TOKEN_SPECIAL,      /* one of . @ : ; , < > etc. in text[0] */
    TOKEN_GROUP,        /* children: tokens; for callers that build trees */
    TOKEN_ADDRESS,      /* children: a route-addr or addr-spec; text NULL */
    TOKEN_START_GROUP,  /* ':' that opens a group */
    TOKEN_END_GROUP,    /* ';' */
};

struct token822 {
    enum token822_kind kind;
    const char *text;          /* in the arena; NULL for groups, addresses */
    struct token822 *child;    /* first, for ADDRESS and GROUP */
    struct token822 *next;
};

/* A token by itself; <text> is not copied. */
struct token822 *token822_new(struct arena *arena, enum token822_kind kind,
                              const char *text);
/* Comments and quoted strings are kept as tokens; unterminated ones are
 * closed. At most <max> tokens (header_address_token_limit), more are cut. */
struct token822 *token822_scan(struct arena *arena, const char *text,
                               size_t max);
/* A list of TOKEN_ADDRESS with all else between them as it was: names in
 * front of brackets, the brackets, comments, commas, names of groups. Nothing
 * is lost; comments inside an address are moved behind it. */
struct token822 *token822_parse(struct arena *arena, const char *text,
                                size_t max);
/* The children of a TOKEN_ADDRESS in internal form: quotes resolved. A source
 * route is kept. */
char *token822_internal(struct arena *arena, const struct token822 *tokens);
/* The same with a space between words, unless both are atoms. */
char *token822_unquoted(struct arena *arena, const struct token822 *tokens);
/* The same as it would stand in a header. */
char *token822_external(struct arena *arena, const struct token822 *tokens);
/* Tokens of an internal-form address, to replace those in a tree. (For one in
 * external form: token822_scan.) The null address is "", in quotes. */
struct token822 *token822_from_internal(struct arena *arena,
                                        const char *address);
/* Append a list as in a header. A line that would reach 70 characters is
 * broken after a comma (newline and tab); what <out> has already, as "To: ",
 * counts as the start of the first line. */
void token822_format(struct str *out, const struct token822 *tokens);
/* Call <visit> with the children of each TOKEN_ADDRESS that has some, from left
 * to right; it may replace *spec. To rewrite a header: parse its value, give
 * the external form of each spec to the rewrite service, replace the spec, and
 * format the list if one has changed. */
void token822_each_address(struct token822 *tokens,
                           void (*visit)(struct token822 **spec, void *context),
                           void *context);

#endif
