/* SPDX-License-Identifier: ISC
 *
 * expand.c - $name expansion, shared by main.cf, aliases, pipe and templates.
 *
 *     text       = { byte | "$$" | "$" name | "${" body "}" | "$(" body ")" }
 *     body       = ( name | comparison ) [ "?" choice [ ":" choice ]
 *                                        | ":" choice ]
 *     comparison = "{" text "}" operator "{" text "}"
 *     choice     = "{" text "}" | text up to the end of the body
 *
 * White space may stand around a name, an operator and a braced choice. The
 * first of two choices must be braced. The closing bracket of a body is found
 * by counting brackets of its own kind, before anything in it is looked at.
 */
#include "base/expand.h"

#include <ctype.h>
#include <string.h>

#include "base/num.h"
#include "base/text.h"

enum { NESTING_MAX = 100, CONTEXT_SHOWN = 20 };

/* A part of the text; not terminated. */
struct span {
    const char *start, *end;
};

/* A cursor in one body. */
struct body {
    const char *start, *at, *end;
};

struct expansion {
    const struct expand_options *options;
    struct error *why;
    bool unknown;
    int nesting;
};

enum comparison { EQUAL, NOT_EQUAL, LESS, LESS_OR_EQUAL, GREATER,
                  GREATER_OR_EQUAL };

struct operator {
    enum comparison comparison;
    bool as_levels;
};

static bool expand(struct expansion *e, struct str *out, struct span text);

static size_t span_length(struct span span)
{
    return (size_t)(span.end - span.start);
}

/* `<what> at: "...<seen>>>><what follows>"` */
static bool syntax_error(struct expansion *e, const char *what,
                         struct span seen, struct span follows)
{
    int shown = (int)span_length(follows);
    if (shown > CONTEXT_SHOWN)
        shown = CONTEXT_SHOWN;
    return error_set(e->why, "%s at: \"...%.*s>>>%.*s\"", what,
                     (int)span_length(seen), seen.start, shown,
                     follows.start);
}

static struct span rest_of(const struct body *body)
{
    return (struct span){ body->at, body->end };
}

static void skip_space(struct body *body)
{
    while (body->at < body->end && text_is_space((unsigned char)*body->at))
        body->at++;
}

static bool next_is(const struct body *body, char c)
{
    return body->at < body->end && *body->at == c;
}

static bool is_name_character(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c >= '0' && c <= '9') || c == '_';
}

static const char *name_end(const char *at, const char *end)
{
    while (at < end && is_name_character(*at))
        at++;
    return at;
}

/* The bracket that closes the one at <open>, or NULL. */
static const char *find_closing(const char *open, const char *end)
{
    const char closing = *open == '{' ? '}' : ')';
    size_t depth = 0;
    for (const char *at = open; at < end; at++) {
        if (*at == *open)
            depth++;
        else if (*at == closing && --depth == 0)
            return at;
    }
    return NULL;
}

/* The "{...}" at the cursor, without the braces; white space after it is
 * skipped as well. */
static bool take_braced(struct expansion *e, struct body *body,
                        struct span *inner)
{
    const char *closing = find_closing(body->at, body->end);
    if (closing == NULL)
        return error_set(e->why,
                         "unbalanced {} in attribute expression: \"%.*s\"",
                         (int)(body->end - body->at), body->at);
    *inner = (struct span){ body->at + 1, closing };
    body->at = closing + 1;
    skip_space(body);
    return true;
}

/* ---- Comparisons ---- */

/* Numbers of any size: without leading zeros, the longer is the larger. */
static int compare_digits(const char *a, const char *b)
{
    a += strspn(a, "0");
    b += strspn(b, "0");
    size_t a_length = strlen(a), b_length = strlen(b);
    if (a_length != b_length)
        return a_length < b_length ? -1 : 1;
    return strcmp(a, b);
}

static bool parse_level(struct expansion *e, const char *text, long *level)
{
    if (num_parse_level(text, level))
        return true;
    return error_set(e->why, "malformed compatibility level syntax: \"%s\"",
                     text);
}

static bool compare_values(struct expansion *e, const char *left,
                           const char *right, bool as_levels, int *order)
{
    long left_level, right_level;
    if (!as_levels) {
        *order = text_is_all_digits(left) && text_is_all_digits(right)
                     ? compare_digits(left, right)
                     : strcmp(left, right);
        return true;
    }
    if (!parse_level(e, left, &left_level) ||
        !parse_level(e, right, &right_level))
        return false;
    *order = (left_level > right_level) - (left_level < right_level);
    return true;
}

static bool order_fits(enum comparison comparison, int order)
{
    switch (comparison) {
    case EQUAL:            return order == 0;
    case NOT_EQUAL:        return order != 0;
    case LESS:             return order < 0;
    case LESS_OR_EQUAL:    return order <= 0;
    case GREATER:          return order > 0;
    case GREATER_OR_EQUAL: return order >= 0;
    }
    return false;
}

/* An operator, with "level" right behind it or not. <left> is what stands
 * before it, for the error message. */
static bool take_operator(struct expansion *e, struct body *body,
                          struct span left, struct operator *operator)
{
    static const struct { const char *text; enum comparison comparison; }
    operators[] = {
        { "==", EQUAL },   { "!=", NOT_EQUAL }, { "<", LESS },
        { "<=", LESS_OR_EQUAL }, { ">", GREATER }, { ">=", GREATER_OR_EQUAL },
    };
    const char *start = body->at, *end = start;
    while (end < body->end && strchr("=!<>", *end) != NULL)
        end++;

    size_t length = (size_t)(end - start), i = 0;
    while (i < sizeof operators / sizeof *operators &&
           (strlen(operators[i].text) != length ||
            memcmp(operators[i].text, start, length) != 0))
        i++;
    if (i == sizeof operators / sizeof *operators)
        return syntax_error(e, "\"==\" or \"!=\"\" or \"<\"\" or \"<=\"\" or "
                            "\">=\"\" or \">\" expected", left, rest_of(body));
    operator->comparison = operators[i].comparison;

    const char *suffix = end;
    while (end < body->end && isalnum((unsigned char)*end))
        end++;
    size_t suffix_length = (size_t)(end - suffix);
    operator->as_levels = suffix_length == 5 &&
                          memcmp(suffix, "level", 5) == 0;
    if (suffix_length > 0 && !operator->as_levels)
        return syntax_error(e, "bad operator suffix",
                            (struct span){ start, suffix },
                            (struct span){ suffix, end });

    body->at = end;
    skip_space(body);
    if (next_is(body, '{'))
        return true;
    body->at = end;
    return syntax_error(e, "\"{expression}\" expected",
                        (struct span){ body->start, suffix }, rest_of(body));
}

static bool compare_expanded(struct expansion *e, struct span left,
                             struct operator operator, struct span right,
                             bool *truth)
{
    int order = 0;
    struct str left_value = STR_EMPTY, right_value = STR_EMPTY;
    bool done = expand(e, &left_value, left) &&
                expand(e, &right_value, right) &&
                compare_values(e, left_value.data, right_value.data,
                               operator.as_levels, &order);
    str_fini(&left_value);
    str_fini(&right_value);
    *truth = order_fits(operator.comparison, order);
    return done;
}

static bool evaluate_comparison(struct expansion *e, struct body *body,
                                bool *truth)
{
    struct span left, right;
    struct operator operator = { EQUAL, false };

    if (!take_braced(e, body, &left))
        return false;
    /* The message shows the closing brace too. */
    struct span seen = { left.start, left.end + 1 };
    if (!take_operator(e, body, seen, &operator) ||
        !take_braced(e, body, &right))
        return false;
    if (body->at < body->end && !next_is(body, '?') && !next_is(body, ':'))
        return syntax_error(e, "\"?\" or \":\" expected",
                            (struct span){ right.end, right.end + 1 },
                            rest_of(body));
    return compare_expanded(e, left, operator, right, truth);
}

/* ---- Names ---- */

static const char *look_up(struct expansion *e, struct span name)
{
    struct str copy = STR_EMPTY;
    str_set_bytes(&copy, name.start, span_length(name));
    const char *value = e->options->lookup(copy.data, e->options->context);
    str_fini(&copy);
    return value;
}

/* The copy keeps the value while further lookups are made. */
static bool add_value(struct expansion *e, struct str *out, struct span name)
{
    const char *value = look_up(e, name);
    if (value == NULL) {
        e->unknown = true;
        return true;
    }

    const char *filter = e->options->filter;
    struct str copy = STR_EMPTY;
    str_set(&copy, value);
    for (size_t i = 0; filter != NULL && i < copy.length; i++)
        if (strchr(filter, copy.data[i]) == NULL)
            copy.data[i] = '_';

    bool done = true;
    if (e->options->recursive)
        done = expand(e, out, (struct span){ copy.data,
                                             copy.data + copy.length });
    else
        str_add_bytes(out, copy.data, copy.length);
    str_fini(&copy);
    struct error *culprit = e->options->culprit;
    if (!done && culprit != NULL && culprit->text[0] == '\0')
        error_set(culprit, "%.*s", (int)span_length(name), name.start);
    return done;
}

/* ---- Bodies ---- */

/* The last choice takes all that is left of the body. */
static bool take_last_choice(struct expansion *e, struct body *body,
                             struct span *choice)
{
    *choice = rest_of(body);
    skip_space(body);
    if (!next_is(body, '{'))
        return true;
    if (!take_braced(e, body, choice))
        return false;
    if (body->at == body->end)
        return true;
    return syntax_error(e, "unexpected input",
                        (struct span){ choice->start, choice->end + 1 },
                        rest_of(body));
}

/* Expand what follows "?" or ":" as <truth> says. */
static bool add_choice(struct expansion *e, struct str *out, struct body *body,
                       bool truth)
{
    struct span if_true = { body->end, body->end }, if_false = if_true;
    bool is_else = *body->at++ == ':';

    if (is_else) {
        if (!take_last_choice(e, body, &if_false))
            return false;
        return expand(e, out, truth ? if_true : if_false);
    }
    if_true = rest_of(body);
    skip_space(body);
    if (next_is(body, '{')) {
        if (!take_braced(e, body, &if_true))
            return false;
        struct span seen = { if_true.start, if_true.end + 1 };
        if (body->at < body->end && *body->at != ':')
            return syntax_error(e, "\":\" expected", seen, rest_of(body));
        if (body->at < body->end) {
            body->at++;
            if (!take_last_choice(e, body, &if_false))
                return false;
        }
    }
    return expand(e, out, truth ? if_true : if_false);
}

static bool expand_name_body(struct expansion *e, struct str *out,
                             struct body *body)
{
    struct span name = { body->at, name_end(body->at, body->end) };
    body->at = name.end;
    skip_space(body);
    if (body->at == body->end)
        return add_value(e, out, name);
    if (!next_is(body, '?') && !next_is(body, ':')) {
        body->at = name.end;
        return syntax_error(e, "attribute name syntax error", name,
                            rest_of(body));
    }
    const char *value = look_up(e, name);
    return add_choice(e, out, body, value != NULL && value[0] != '\0');
}

static bool expand_body(struct expansion *e, struct str *out,
                        struct span inner)
{
    struct body body = { inner.start, inner.start, inner.end };
    bool truth = false;

    skip_space(&body);
    body.start = body.at;
    if (!next_is(&body, '{'))
        return expand_name_body(e, out, &body);
    if (!evaluate_comparison(e, &body, &truth))
        return false;
    if (body.at < body.end)
        return add_choice(e, out, &body, truth);
    if (truth)
        str_add(out, "true");
    return true;
}

/* ---- Text ---- */

static bool text_error(struct expansion *e, const char *what, struct span text)
{
    return error_set(e->why, "%s: \"%.*s\"", what, (int)span_length(text),
                     text.start);
}

/* What follows the dollar sign at *at, which is moved behind it. */
static bool expand_dollar(struct expansion *e, struct str *out,
                          struct span text, const char **at)
{
    const char *next = *at + 1;
    if (next < text.end && *next == '$') {
        str_add_char(out, '$');
        *at = next + 1;
        return true;
    }
    if (next < text.end && (*next == '{' || *next == '(')) {
        const char *closing = find_closing(next, text.end);
        if (closing == NULL)
            return text_error(e, "truncated macro reference", text);
        if (closing == next + 1)
            return text_error(e, "empty macro name", text);
        *at = closing + 1;
        return expand_body(e, out, (struct span){ next + 1, closing });
    }
    *at = name_end(next, text.end);
    if (*at == next)
        return text_error(e, "empty macro name", text);
    return add_value(e, out, (struct span){ next, *at });
}

static bool expand(struct expansion *e, struct str *out, struct span text)
{
    if (e->nesting > NESTING_MAX)
        return text_error(e, "unreasonable macro call nesting", text);
    e->nesting++;

    bool done = true;
    for (const char *at = text.start; done && at < text.end;) {
        const char *dollar = memchr(at, '$', (size_t)(text.end - at));
        if (dollar == NULL)
            dollar = text.end;
        str_add_bytes(out, at, (size_t)(dollar - at));
        at = dollar;
        if (at < text.end)
            done = expand_dollar(e, out, text, &at);
    }
    e->nesting--;
    return done;
}

bool expand_text(struct str *out, const char *text,
                 const struct expand_options *options, bool *unknown,
                 struct error *why)
{
    struct expansion e = { .options = options, .why = why };
    bool done = expand(&e, out, (struct span){ text, text + strlen(text) });
    if (unknown != NULL && e.unknown)
        *unknown = true;
    return done;
}
