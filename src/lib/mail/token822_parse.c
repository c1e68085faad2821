/* SPDX-License-Identifier: ISC
 *
 * token822_parse.c - finding the addresses among the tokens of a header.
 *
 * Read from right to left, as only the end tells what the beginning was: in
 * "John Doe <john>" the '>' makes the words a name, and a ';' makes the text
 * before a ':' the name of a group. Words that stand side by side without
 * such a mark are addresses of their own: "john mary" is a list of two.
 * RFC 5322 section 3.4, and RFC 822 with its source routes.
 */
#include <stdint.h>
#include <string.h>

#include "base/array.h"
#include "mail/quote.h"
#include "mail/token822.h"

struct parse {
    struct arena *arena;
    struct { ARRAY_OF(struct token822 *); } in;
    size_t left;            /* tokens of <in> not taken yet, from the left */
    struct token822 *out;   /* the result so far; grows to the left */
    bool in_group;          /* a ';' was seen: a ':' ends the name of a group */
};

static bool is_special(const struct token822 *token, char c)
{
    return token->kind == TOKEN_SPECIAL && token->text[0] == c;
}

static bool is_word(const struct token822 *token)
{
    return token->kind == TOKEN_ATOM || token->kind == TOKEN_QUOTED ||
           token->kind == TOKEN_LITERAL;
}

static struct token822 *last(const struct parse *parse)
{
    return parse->left == 0 ? NULL : parse->in.items[parse->left - 1];
}

static void put(struct parse *parse, struct token822 *token)
{
    token->next = parse->out;
    parse->out = token;
}

static struct token822 *take(struct parse *parse)
{
    return parse->in.items[--parse->left];
}

static void prepend(struct token822 **list, struct token822 *token)
{
    token->next = *list;
    *list = token;
}

static void put_list(struct parse *parse, struct token822 *list)
{
    struct token822 **end = &list;

    while (*end != NULL)
        end = &(*end)->next;
    *end = parse->out;
    parse->out = list;
}

/* Comments inside an address are put behind it. */
static void put_address(struct parse *parse, struct token822 *spec,
                        struct token822 *comments)
{
    struct token822 *address = token822_new(parse->arena, TOKEN_ADDRESS, NULL);

    put_list(parse, comments);
    address->child = spec;
    put(parse, address);
}

/* The name in front of a route-addr stays as it is. */
static void take_phrase(struct parse *parse)
{
    for (struct token822 *token; (token = last(parse)) != NULL;) {
        if (token->kind == TOKEN_SPECIAL &&
            strchr(",;:>", token->text[0]) != NULL)
            return;
        put(parse, take(parse));
    }
}

/* The last token is '>'. Without a '<', all that is on its left belongs to the
 * address. */
static void take_route(struct parse *parse)
{
    struct token822 *spec = NULL, *comments = NULL;

    put(parse, take(parse));
    while (last(parse) != NULL && !is_special(last(parse), '<')) {
        struct token822 *token = take(parse);
        prepend(token->kind == TOKEN_COMMENT ? &comments : &spec, token);
    }
    put_address(parse, spec, comments);
    if (last(parse) == NULL)
        return;
    put(parse, take(parse));
    take_phrase(parse);
}

static void take_group_name(struct parse *parse)
{
    put(parse, token822_new(parse->arena, TOKEN_START_GROUP, ":"));
    parse->left--;
    for (struct token822 *token; (token = last(parse)) != NULL;) {
        if (is_special(token, ','))
            return;
        put(parse, take(parse));
    }
}

/* What ends an address, seen from its right end. */
static bool ends_address(const struct parse *parse,
                         const struct token822 *token, bool after_word)
{
    if (token->kind == TOKEN_COMMENT)
        return false;
    if (is_word(token))
        return after_word;
    return is_special(token, ',') || is_special(token, ';') ||
           is_special(token, '>') ||
           (is_special(token, ':') && parse->in_group);
}

/* An address without brackets; a comma is put between it and what is on its
 * left. */
static void take_address(struct parse *parse)
{
    struct token822 *spec = NULL, *comments = NULL, *token;
    bool after_word = false;

    while ((token = last(parse)) != NULL &&
           !ends_address(parse, token, after_word)) {
        parse->left--;
        if (token->kind == TOKEN_COMMENT) {
            prepend(&comments, token);
            continue;
        }
        after_word = is_word(token);
        prepend(&spec, token);
    }
    if (spec == NULL) {
        put_list(parse, comments);
        return;
    }
    put_address(parse, spec, comments);
    if (token != NULL && !is_special(token, ',') && !is_special(token, ':'))
        put(parse, token822_new(parse->arena, TOKEN_SPECIAL, ","));
}

static void take_item(struct parse *parse)
{
    struct token822 *token = last(parse);

    if (is_special(token, ',')) {
        put(parse, take(parse));
    } else if (is_special(token, ';')) {
        parse->left--;
        parse->in_group = true;
        put(parse, token822_new(parse->arena, TOKEN_END_GROUP, ";"));
    } else if (is_special(token, ':') &&
               (parse->in_group ||
                (parse->out != NULL && !is_special(parse->out, ',')))) {
        if (parse->in_group)
            take_group_name(parse);
        else
            put(parse, take(parse));
    } else if (is_special(token, '>')) {
        take_route(parse);
    } else {
        take_address(parse);
    }
}

struct token822 *token822_parse(struct arena *arena, const char *text,
                                size_t max)
{
    struct parse parse = { .arena = arena };

    for (struct token822 *t = token822_scan(arena, text, max); t; t = t->next)
        ARRAY_ADD(&parse.in, t);
    parse.left = parse.in.count;
    while (parse.left > 0)
        take_item(&parse);
    ARRAY_FREE(&parse.in);
    return parse.out;
}

struct token822 *token822_from_internal(struct arena *arena,
                                        const char *address)
{
    if (*address == '\0')
        return token822_new(arena, TOKEN_QUOTED, "");
    return token822_scan(arena, quote_822_dup(arena, address), SIZE_MAX);
}

void token822_each_address(struct token822 *tokens,
                           void (*visit)(struct token822 **spec, void *context),
                           void *context)
{
    for (; tokens != NULL; tokens = tokens->next)
        if (tokens->kind == TOKEN_ADDRESS && tokens->child != NULL)
            visit(&tokens->child, context);
}
