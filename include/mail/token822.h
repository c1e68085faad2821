/* SPDX-License-Identifier: ISC
 *
 * token822.h - RFC 5322 (and 822) header grammar: tokens, addresses, and back to text.
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
    TOKEN_COMMENT,      /* (..) raw text without the outer parentheses */
    TOKEN_SPECIAL,      /* one of . @ : ; , < > etc. in text[0] */
    TOKEN_GROUP,        /* children: display name ':' ... ';' */
    TOKEN_ADDRESS,      /* children: one mailbox */
    TOKEN_START_GROUP,  /* ':' that opens a group */
    TOKEN_END_GROUP,    /* ';' */
};

struct token822 {
    enum token822_kind kind;
    const char *text;          /* in the arena; NULL for groups, addresses */
    struct token822 *child;    /* first, for ADDRESS and GROUP */
    struct token822 *next;
};

/* Comments and quoted strings are kept as tokens; unterminated ones are
 * closed. At most <max> tokens (header_address_token_limit), more are cut. */
struct token822 *token822_scan(struct arena *arena, const char *text,
                               size_t max);
/* A list of TOKEN_ADDRESS, commas and groups between them. Text that is no
 * address is put into one as well as possible; nothing is lost. */
struct token822 *token822_parse(struct arena *arena, const char *text,
                                size_t max);
/* Only the address (no phrase, comment or angle brackets) in internal form. */
char *token822_internal(struct arena *arena, const struct token822 *tokens);
/* Tokens of an internal-form address, to replace those in a tree. */
struct token822 *token822_from_internal(struct arena *arena,
                                        const char *address);
/* External form: quotes where needed, as in a header. Long lines are folded
 * between addresses (one address a line, as Postfix does after a rewrite)
 * when <fold>. */
void token822_format(struct str *out, const struct token822 *tokens,
                     bool fold);
/* Call <visit> with the tokens of each mailbox address found (children of
 * TOKEN_ADDRESS without phrase and comments: the route-addr or addr-spec);
 * it may replace *spec. */
void token822_each_address(struct token822 *tokens,
                           void (*visit)(struct token822 **spec, void *context),
                           void *context);

#endif
