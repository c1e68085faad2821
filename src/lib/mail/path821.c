/* SPDX-License-Identifier: ISC
 *
 * path821.c - paths of MAIL FROM and RCPT TO.
 *
 * RFC 5321 section 4.1.2:
 *   Reverse-path = Path / "<>"     Path = "<" [ A-d-l ":" ] Mailbox ">"
 * Mail programs have always sent other things too; what is unambiguous is
 * taken, as Postfix does. Appendix C: source routes are dropped.
 */
#include "mail/path821.h"

#include <string.h>

#include "base/str.h"
#include "base/text.h"
#include "base/utf8.h"
#include "mail/address.h"
#include "mail/token822.h"

enum { TOKENS_MAX = 1000 };

/* Quotes that are not closed would swallow the brackets. */
static bool quotes_are_closed(const char *text)
{
    bool quoted = false;

    for (; *text != 0; text++) {
        if (*text == '\\' && text[1] != 0)
            text++;
        else if (*text == '"')
            quoted = !quoted;
    }
    return !quoted;
}

/* The inside of "<...>", or the text itself if it has no such form. */
static char *inside_brackets(char *text, bool *bracketed)
{
    size_t length = strlen(text);

    *bracketed = length >= 2 && text[0] == '<' && text[length - 1] == '>' &&
                 (length < 3 || text[length - 2] != '\\');
    if (!*bracketed)
        return text;
    text[length - 1] = 0;
    return text + 1;
}

static const char *skip_route(const char *text)
{
    const char *end;

    while (text_is_space((unsigned char)*text))
        text++;
    if (*text == '@' && (end = strchr(text, ':')) != NULL)
        return end + 1;
    return text;
}

/* The one mailbox among the tokens. None at all is the empty address. */
static bool find_mailbox(const struct token822 *tokens, unsigned flags,
                         const struct token822 **spec)
{
    *spec = NULL;
    for (; tokens != NULL; tokens = tokens->next) {
        if ((flags & PATH821_STRICT) != 0 && tokens->kind != TOKEN_ADDRESS &&
            tokens->kind != TOKEN_SPECIAL)
            return false;
        if (tokens->kind != TOKEN_ADDRESS || tokens->child == NULL)
            continue;
        if (*spec != NULL)
            return false;
        *spec = tokens->child;
    }
    return true;
}

/* "a <b c>" and "a<b" have no meaning here. */
static bool is_one_mailbox(const struct token822 *token, unsigned flags)
{
    const char *no_part = (flags & PATH821_UNCLOSED) != 0 ? ">,;" : "<>,;";
    bool after_word = false;

    for (; token != NULL; token = token->next) {
        bool is_word = token->kind != TOKEN_SPECIAL;
        if (is_word && after_word)
            return false;
        if (!is_word && strchr(no_part, token->text[0]) != NULL)
            return false;
        after_word = is_word;
    }
    return true;
}

/* The last dot may stand for the root of the domain names. */
static bool is_good_domain(struct arena *arena, const char *domain,
                           unsigned flags)
{
    struct str ascii = STR_EMPTY;
    char *name = arena_strdup(arena, domain);
    size_t length = strlen(name);

    if (name[0] == '[')
        return domain_is_address_literal(name);
    if (name[0] == '\0' || domain_is_literal_ipv4(name))
        return (flags & PATH821_ODD_DOMAIN) != 0;
    if (length > 1 && name[length - 1] == '.')
        name[length - 1] = 0;
    if (text_is_ascii(name) || (flags & PATH821_UTF8) == 0)
        return domain_is_hostname(name);
    bool good = utf8_domain_to_ascii(&ascii, name) &&
                domain_is_hostname(ascii.data);
    str_fini(&ascii);
    return good;
}

bool path821_parse(struct arena *arena, const char *text, unsigned flags,
                   char **address, const char **why)
{
    const struct token822 *spec;
    bool bracketed;

    char *copy = text_trim(arena_strdup(arena, text));
    char *inside = inside_brackets(copy, &bracketed);
    *why = "Bad address syntax";
    if (((flags & PATH821_STRICT) != 0 && !bracketed) ||
        ((flags & PATH821_UNCLOSED) == 0 && !quotes_are_closed(inside)))
        return false;
    struct token822 *tokens =
        token822_parse(arena, skip_route(inside), TOKENS_MAX);
    if (!find_mailbox(tokens, flags, &spec) || !is_one_mailbox(spec, flags))
        return false;

    *address = token822_internal(arena, spec);
    const char *at = address_at(*address);
    if ((flags & PATH821_STRICT) != 0 && (*address)[0] == '@')
        return false;
    if (at != NULL && !is_good_domain(arena, at + 1, flags))
        return false;
    *why = NULL;
    return true;
}
