/* SPDX-License-Identifier: ISC
 *
 * grammar.c - cutting a command line into its words.
 *
 * Servers must be lenient about blanks ("MAIL FROM: <x>" is seen daily), but
 * never about where an address ends: a quoted string, an angle bracket or a
 * backslash hides blanks, so that <"a b"@example.com> stays one word.
 */
#include "smtp/grammar.h"

#include <string.h>

#include "base/text.h"

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* The end of a quoted string that starts at <p>, or the end of the line. */
static char *skip_quoted(char *p, bool *unbalanced)
{
    for (p++; *p != '\0'; p++) {
        if (*p == '"')
            return p + 1;
        if (*p == '\\' && p[1] != '\0')
            p++;
    }
    *unbalanced = true;
    return p;
}

/* The same for "<...>", with quoted strings inside. */
static char *skip_angle(char *p, bool *unbalanced)
{
    for (p++; *p != '\0' && *p != '>';) {
        if (*p == '"') {
            p = skip_quoted(p, unbalanced);
            continue;
        }
        if (*p == '\\' && p[1] != '\0')
            p++;
        p++;
    }
    if (*p == '>')
        return p + 1;
    *unbalanced = true;
    return p;
}

/* The end of the word at <p>. Behind a '=', a quote is a character of a
 * parameter's value like any other (RFC 5321 section 4.1.2, esmtp-value). */
static char *word_end(char *p, bool colon_ends, bool *unbalanced)
{
    bool in_value = false;

    while (*p != '\0' && !is_blank(*p)) {
        if (*p == '<' && !in_value) {
            p = skip_angle(p, unbalanced);
        } else if (*p == '"' && !in_value) {
            p = skip_quoted(p, unbalanced);
        } else {
            if (*p == ':' && colon_ends)
                return p + 1;
            if (*p == '\\' && p[1] != '\0' && !in_value)
                p++;
            in_value = in_value || *p == '=';
            p++;
        }
    }
    return p;
}

/* "FROM:<x>" and "TO:<x>" are two words. */
static bool takes_path(const char *verb)
{
    return strcmp(verb, "MAIL") == 0 || strcmp(verb, "RCPT") == 0;
}

static char *skip_blanks(char *p)
{
    while (is_blank(*p))
        p++;
    return p;
}

void smtp_line_parse(struct arena *arena, const char *line,
                     struct smtp_line *out)
{
    memset(out, 0, sizeof *out);
    char *p = skip_blanks(arena_strdup(arena, line));
    size_t verb_length = strcspn(p, " \t");

    out->verb = text_upper(arena_strndup(arena, p, verb_length));
    p = skip_blanks(p + verb_length);
    out->rest = arena_strdup(arena, p);
    while (*p != '\0') {
        if (out->count == SMTP_ARGS_MAX) {
            out->too_many = true;
            return;
        }
        bool colon_ends = out->count == 0 && takes_path(out->verb);
        char *end = word_end(p, colon_ends, &out->unbalanced);
        out->args[out->count++] = arena_strndup(arena, p, (size_t)(end - p));
        p = skip_blanks(end);
    }
}
