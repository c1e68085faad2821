/* SPDX-License-Identifier: ISC
 *
 * rewrite.c - addresses to standard form.
 *
 * The address is in external form, as its quotes tell what is routing: in
 * "a%b"@c, and in "a@b", nothing is.
 */
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "config/compat.h"
#include "config/params.h"
#include "mail/token822.h"
#include "service/service.h"
#include "trivial_rewrite.h"

/* Constant after start: append_dot_mydomain is yes only because of the
 * compatibility_level. */
static bool old_append;

void rewrite_open(void)
{
    old_append =
        compat_uses_old_default(service_config(), "append_dot_mydomain", "1");
}

/* ---- The tokens of an address ---------------------------------------- */

/* Those from <first> up to, not with, <end>; NULL: up to the last. */
struct part {
    const struct token822 *first, *end;
};

static bool is_special(const struct token822 *token, char c)
{
    return token->kind == TOKEN_SPECIAL && token->text[0] == c;
}

static const struct token822 *find_first(const struct token822 *token, char c)
{
    while (token != NULL && !is_special(token, c))
        token = token->next;
    return token;
}

static const struct token822 *find_last(const struct token822 *token, char c)
{
    const struct token822 *found = NULL;

    while ((token = find_first(token, c)) != NULL) {
        found = token;
        token = token->next;
    }
    return found;
}

static char *part_text(struct arena *arena, struct part part)
{
    struct token822 *list = NULL, **tail = &list;

    for (; part.first != part.end; part.first = part.first->next) {
        *tail = token822_new(arena, part.first->kind, part.first->text);
        tail = &(*tail)->next;
    }
    return token822_unquoted(arena, list);
}

/* As text. One trailing dot goes unless it is quoted; two or a lone dot stay
 * (and are an error later). */
static char *without_dot(struct arena *arena, struct part part)
{
    char *text = part_text(arena, part);
    size_t length = strlen(text);

    while (part.first != part.end && part.first->next != part.end)
        part.first = part.first->next;
    if (length >= 2 && is_special(part.first, '.') && text[length - 2] != '.')
        text[length - 1] = '\0';
    return text;
}

/* "@a,@b:user@domain" loses its route: RFC 5321, appendix C. */
static const struct token822 *without_route(const struct token822 *tokens)
{
    if (tokens == NULL || !is_special(tokens, '@'))
        return tokens;
    const struct token822 *colon = find_first(tokens, ':');
    return colon != NULL ? colon->next : tokens;
}

/* user@domain; without a domain, site!user and user%domain. */
static bool split(const struct token822 *tokens, struct part *local,
                  struct part *domain)
{
    const struct token822 *mark = find_last(tokens, '@');

    if (mark == NULL && rewrite_params.swap_bangpath &&
        (mark = find_first(tokens, '!')) != NULL) {
        *local = (struct part){ mark->next, NULL };
        *domain = (struct part){ tokens, mark };
        return true;
    }
    if (mark == NULL && rewrite_params.allow_percent_hack)
        mark = find_last(tokens, '%');
    *local = (struct part){ tokens, mark };
    *domain = (struct part){ mark != NULL ? mark->next : NULL, NULL };
    return mark != NULL;
}

/* ---- Domains ----------------------------------------------------------- */

/* What a missing domain is completed with; NULL: nothing. */
static const char *origin_of(enum rewrite_context context, const char *mine)
{
    if (context == REWRITE_LOCAL)
        return mine;
    const char *remote = message_params.remote_header_rewrite_domain;
    return *remote != '\0' ? remote : NULL;
}

/* "localhost" is as good as it was if it is a domain of ours as it stands. */
static void log_old_default(const char *domain, const char *suffix)
{
    bool is_localhost = text_equal_nocase(domain, "localhost");

    if (!old_append || (is_localhost && resolve_has_class(domain)))
        return;
    log_info(COMPAT_LOG "append_dot_mydomain=yes to rewrite \"%s\" to "
             "\"%s.%s\"%s",
             domain, domain, suffix,
             is_localhost ? "; please add \"localhost\" to mydestination or "
                            "other address class"
                          : "");
}

static bool has_dot_or_literal(struct part part)
{
    for (; part.first != part.end; part.first = part.first->next)
        if (is_special(part.first, '.') || part.first->kind == TOKEN_LITERAL)
            return true;
    return false;
}

/* "host" becomes "host.$mydomain". */
static char *full_domain(struct arena *arena, enum rewrite_context context,
                         struct part part)
{
    const char *suffix = origin_of(context, common_params.mydomain);
    char *domain = without_dot(arena, part);

    if (!rewrite_params.append_dot_mydomain || suffix == NULL ||
        part.first == part.end || has_dot_or_literal(part))
        return domain;
    if (context == REWRITE_LOCAL)
        log_old_default(domain, suffix);
    return arena_printf(arena, "%s.%s", domain, suffix);
}

static char *rewrite_tokens(struct arena *arena, enum rewrite_context context,
                            const struct token822 *tokens)
{
    struct part local, domain;

    if (context == REWRITE_NONE)
        return token822_unquoted(arena, tokens);
    tokens = without_route(tokens);
    if (tokens == NULL || (is_special(tokens, '@') && tokens->next == NULL))
        return arena_strdup(arena, "");
    if (split(tokens, &local, &domain))
        return arena_printf(arena, "%s@%s", part_text(arena, local),
                            full_domain(arena, context, domain));
    char *user = part_text(arena, local);
    if (*user == '\0')
        return user;
    const char *origin = origin_of(context, common_params.myorigin);
    if (!rewrite_params.append_at_myorigin || origin == NULL)
        return without_dot(arena, local);
    char *whole = arena_printf(arena, "%s@%s", token822_external(arena, tokens),
                               origin);
    return rewrite_address(arena, context, whole);
}

char *rewrite_address(struct arena *arena, enum rewrite_context context,
                      const char *address)
{
    return rewrite_tokens(arena, context,
                          token822_scan(arena, address, strlen(address) + 1));
}

/* One token of <text> that begins there. What is neither routing nor an address
 * literal is a word, spaces and all. */
static struct token822 *dequoted_token(struct arena *arena, const char *text,
                                       size_t *length)
{
    static const char routing[] = "@:!%.";
    const char *end = *text == '[' ? strchr(text, ']') : NULL;

    if (end != NULL) {
        *length = (size_t)(end - text) + 1;
        return token822_new(arena, TOKEN_LITERAL,
                            arena_strndup(arena, text + 1, *length - 2));
    }
    bool special = strchr(routing, *text) != NULL;
    *length = special ? 1 : strcspn(text, routing);
    return token822_new(arena, special ? TOKEN_SPECIAL : TOKEN_QUOTED,
                        arena_strndup(arena, text, *length));
}

char *rewrite_dequoted(struct arena *arena, const char *address)
{
    struct token822 *list = NULL, **tail = &list;

    for (size_t length; *address != '\0'; address += length) {
        *tail = dequoted_token(arena, address, &length);
        tail = &(*tail)->next;
    }
    return rewrite_tokens(arena, REWRITE_LOCAL, list);
}
