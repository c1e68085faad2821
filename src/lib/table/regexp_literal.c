/* SPDX-License-Identifier: ISC
 *
 * regexp_literal.c - text that whatever matches a regular expression has.
 *
 * To search for a text costs some nanoseconds, to run the C library's matcher
 * microseconds, and memory for each pattern that was run. Few of a thousand
 * header checks have their text in a given header.
 *
 * Only what stands outside of groups is looked at. A character in front of any
 * repetition may be missing, so the text ends before it. What is not certain
 * ends the text, too.
 */
#include "regexp_literal.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "base/str.h"

struct search {
    const char *at;        /* in the pattern */
    struct str run, best;
    unsigned depth;        /* of groups */
    bool has_alternatives; /* outside of groups: nothing must be there */
};

static void end_run(struct search *s)
{
    if (s->run.length > s->best.length)
        str_set(&s->best, s->run.data);
    str_clear(&s->run);
}

static void end_run_before_last(struct search *s)
{
    if (s->run.length > 0)
        str_truncate(&s->run, s->run.length - 1);
    end_run(s);
}

static void take_literal(struct search *s, char c)
{
    if (s->depth > 0)
        return;
    if (c >= ' ' && c <= '~')
        str_add_char(&s->run, c);
    else
        end_run(s);
}

/* "\." is a dot; letters, digits and some signs have meanings of their own. */
static void take_escape(struct search *s)
{
    char c = *s->at;

    if (c == '\0')
        return;
    s->at++;
    if (strchr(".[]()*+?{}|^$\\/-@:", c) != NULL)
        take_literal(s, c);
    else
        end_run(s);
}

/* To behind the "]": one in front is a member, and so are those of [:x:]. */
static void skip_bracket(struct search *s)
{
    end_run(s);
    s->at += *s->at == '^';
    s->at += *s->at == ']';
    while (*s->at != '\0' && *s->at != ']') {
        char kind = s->at[1];
        bool named = *s->at == '[' && kind != '\0' &&
                     strchr(":.=", kind) != NULL;
        s->at++;
        if (!named)
            continue;
        for (s->at++; *s->at != '\0'; s->at++)
            if (s->at[0] == kind && s->at[1] == ']') {
                s->at += 2;
                break;
            }
    }
    s->at += *s->at == ']';
}

static void skip_interval(struct search *s)
{
    end_run_before_last(s);
    s->at += strcspn(s->at, "}");
    s->at += *s->at == '}';
}

static void step(struct search *s)
{
    char c = *s->at++;

    switch (c) {
    case '\\': take_escape(s); break;
    case '[': skip_bracket(s); break;
    case '{': skip_interval(s); break;
    case '*':
    case '+':
    case '?': end_run_before_last(s); break;
    case '(':
        end_run(s);
        s->depth++;
        break;
    case ')':
        end_run(s);
        s->depth -= s->depth > 0;
        break;
    case '|':
        end_run(s);
        s->has_alternatives |= s->depth == 0;
        break;
    case '.':
    case '^':
    case '$': end_run(s); break;
    default: take_literal(s, c); break;
    }
}

char *regexp_literal(const char *pattern)
{
    struct search s = { pattern, STR_EMPTY, STR_EMPTY, 0, false };

    while (*s.at != '\0' && !s.has_alternatives)
        step(&s);
    end_run(&s);
    bool found = !s.has_alternatives && s.best.length > 0;
    char *literal = found ? mem_strdup(s.best.data) : NULL;
    str_fini(&s.run);
    str_fini(&s.best);
    return literal;
}
