/* SPDX-License-Identifier: ISC
 *
 * token822.c - header text to tokens, and back.
 *
 * Nothing that people put into headers is refused: what is not closed ends
 * with the text, what has no meaning in its place stays as it is.
 */
#include "mail/token822.h"

#include <string.h>

#include "base/text.h"

/* "!", "%" and "|" too: they join what stands beside them, as in host!user and
 * |"command argument". */
static const char specials[] = "<>@,;:.)]!%|";

/* ---- Text to tokens ---------------------------------------------------- */

struct scan {
    struct arena *arena;
    const char *at;
    struct str text; /* of the current token */
};

/* White space becomes a space: folded lines join. */
static void add_unfolded(struct scan *scan)
{
    str_add_char(&scan->text,
                 text_is_space((unsigned char)*scan->at) ? ' ' : *scan->at);
}

/* Comments nest; the text keeps its backslashes. RFC 5322 section 3.2.2. */
static void scan_comment(struct scan *scan)
{
    int depth = 0;

    for (; *scan->at != 0; scan->at++) {
        char c = *scan->at;
        if (c == '\\' && scan->at[1] != 0) {
            str_add_char(&scan->text, c);
            scan->at++;
            add_unfolded(scan);
            continue;
        }
        str_add_char(&scan->text, c == '\n' ? ' ' : c);
        depth += (c == '(') - (c == ')');
        if (depth == 0) {
            scan->at++;
            return;
        }
    }
}

/* Up to and with <end>. */
static void scan_delimited(struct scan *scan, char end)
{
    for (scan->at++; *scan->at != 0; scan->at++) {
        if (*scan->at == end) {
            scan->at++;
            return;
        }
        if (*scan->at == '\\' && *++scan->at == 0)
            return;
        add_unfolded(scan);
    }
}

static bool ends_atom(int c)
{
    return c == 0 || c == '"' || c == '(' || c == '[' || text_is_space(c) ||
           strchr(specials, c) != NULL;
}

/* True if the atom has to be written as a quoted string, as it also is when
 * a backslash stands before white space. */
static bool scan_atom(struct scan *scan)
{
    bool odd = false;

    for (; !ends_atom((unsigned char)*scan->at); scan->at++) {
        if (*scan->at == '\\') {
            if (scan->at[1] == 0)
                continue;
            scan->at++;
            odd |= ends_atom((unsigned char)*scan->at) || *scan->at == '\\';
        }
        add_unfolded(scan);
    }
    return odd;
}

static enum token822_kind scan_token(struct scan *scan)
{
    switch (*scan->at) {
    case '(': scan_comment(scan); return TOKEN_COMMENT;
    case '"': scan_delimited(scan, '"'); return TOKEN_QUOTED;
    case '[': scan_delimited(scan, ']'); return TOKEN_LITERAL;
    default: break;
    }
    if (strchr(specials, *scan->at) != NULL) {
        str_add_char(&scan->text, *scan->at++);
        return TOKEN_SPECIAL;
    }
    return scan_atom(scan) ? TOKEN_QUOTED : TOKEN_ATOM;
}

struct token822 *token822_new(struct arena *arena, enum token822_kind kind,
                              const char *text)
{
    struct token822 *token = ARENA_NEW(arena, struct token822);

    token->kind = kind;
    token->text = text;
    return token;
}

struct token822 *token822_scan(struct arena *arena, const char *text,
                               size_t max)
{
    struct scan scan = { arena, text, STR_EMPTY };
    struct token822 *first = NULL, **tail = &first;

    for (size_t count = 0; count < max; count++) {
        while (text_is_space((unsigned char)*scan.at))
            scan.at++;
        if (*scan.at == 0)
            break;
        str_clear(&scan.text);
        enum token822_kind kind = scan_token(&scan);
        *tail = token822_new(arena, kind,
                             arena_strndup(arena, scan.text.data,
                                           scan.text.length));
        tail = &(*tail)->next;
    }
    str_fini(&scan.text);
    return first;
}

/* ---- Tokens to text ---------------------------------------------------- */

enum style { STYLE_LIST, STYLE_SPEC, STYLE_UNQUOTED, STYLE_INTERNAL };

struct format {
    struct str *out;
    size_t start;
    enum style style;
    bool comma_breaks; /* a newline follows a comma */
    const struct token822 *word; /* the last token, if that was one */
};

static void add_quoted(struct str *out, const char *text)
{
    str_add_char(out, '"');
    for (; *text != 0; text++) {
        if (*text == '\\' || *text == '"')
            str_add_char(out, '\\');
        str_add_char(out, *text);
    }
    str_add_char(out, '"');
}

static bool ends_with_space(const struct format *format)
{
    size_t length = format->out->length;

    return length == format->start ||
           strchr(" \n", format->out->data[length - 1]) != NULL;
}

/* Atoms of one address belong together, whatever space is between them. */
static bool is_apart(const struct format *format, const struct token822 *token)
{
    if (format->style == STYLE_INTERNAL || format->word == NULL)
        return false;
    return format->style == STYLE_LIST || token->kind != TOKEN_ATOM ||
           format->word->kind != TOKEN_ATOM;
}

static void add_word(struct format *format, const struct token822 *token)
{
    struct str *out = format->out;

    if (format->style != STYLE_LIST && token->kind == TOKEN_COMMENT)
        return;
    if (is_apart(format, token))
        str_add_char(out, ' ');
    format->word = token;
    if (token->kind == TOKEN_QUOTED && format->style < STYLE_UNQUOTED)
        add_quoted(out, token->text);
    else if (token->kind == TOKEN_LITERAL)
        str_addf(out, "[%s]", token->text);
    else
        str_add(out, token->text);
}

static void add_special(struct format *format, char c)
{
    bool internal = format->style == STYLE_INTERNAL;

    if (c == '<' && !internal &&
        (format->word != NULL || !ends_with_space(format)))
        str_add_char(format->out, ' ');
    str_add_char(format->out, c);
    if (c == ',' && !internal)
        str_add_char(format->out, format->comma_breaks ? '\n' : ' ');
    format->word = NULL;
}

static void add_tokens(struct format *format, const struct token822 *token);

/* No line ends inside. */
static void add_address(struct format *format, const struct token822 *address)
{
    bool comma_breaks = format->comma_breaks;

    format->comma_breaks = false;
    add_tokens(format, address->child);
    format->comma_breaks = comma_breaks;
    format->word = address->child == NULL ? NULL : address;
}

static void add_tokens(struct format *format, const struct token822 *token)
{
    for (; token != NULL; token = token->next) {
        switch (token->kind) {
        case TOKEN_ATOM:
        case TOKEN_QUOTED:
        case TOKEN_LITERAL:
        case TOKEN_COMMENT: add_word(format, token); break;
        case TOKEN_SPECIAL: add_special(format, token->text[0]); break;
        case TOKEN_START_GROUP:
            str_add(format->out, ": ");
            format->word = NULL;
            break;
        case TOKEN_END_GROUP: add_special(format, ';'); break;
        case TOKEN_GROUP: add_tokens(format, token->child); break;
        case TOKEN_ADDRESS: add_address(format, token); break;
        }
    }
}

/* Break lines after commas so that they stay below 70 characters if they can.
 * What an application folded in another way is not kept. */
static void fold_at_commas(struct str *out, size_t start, const char *text)
{
    enum { COLUMNS = 70 };
    const char *newline = memrchr(out->data, '\n', start);
    size_t line_start = newline == NULL ? 0
                                        : (size_t)(newline - out->data) + 1;
    size_t column = start - line_start;

    for (;;) {
        size_t length = strcspn(text, "\n");
        str_add_bytes(out, text, length);
        column += length;
        text += length;
        if (*text == 0)
            return;
        text++;
        size_t next = strcspn(text, "\n");
        if (next > 0 && column + 1 + next >= COLUMNS) {
            str_add(out, "\n\t");
            column = 0;
        } else {
            str_add_char(out, ' ');
            column++;
        }
    }
}

void token822_format(struct str *out, const struct token822 *tokens)
{
    struct str text = STR_EMPTY;
    struct format format = { .out = &text, .comma_breaks = true };

    add_tokens(&format, tokens);
    fold_at_commas(out, out->length, text.data);
    str_fini(&text);
}

static char *in_style(struct arena *arena, const struct token822 *tokens,
                      enum style style)
{
    struct str text = STR_EMPTY;
    struct format format = { .out = &text, .style = style };

    add_tokens(&format, tokens);
    char *copy = arena_strndup(arena, text.data, text.length);
    str_fini(&text);
    return copy;
}

char *token822_external(struct arena *arena, const struct token822 *tokens)
{
    return in_style(arena, tokens, STYLE_SPEC);
}

char *token822_unquoted(struct arena *arena, const struct token822 *tokens)
{
    return in_style(arena, tokens, STYLE_UNQUOTED);
}

char *token822_internal(struct arena *arena, const struct token822 *tokens)
{
    return in_style(arena, tokens, STYLE_INTERNAL);
}
