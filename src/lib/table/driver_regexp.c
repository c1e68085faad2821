/* SPDX-License-Identifier: ISC
 *
 * driver_regexp.c - regexp:/file, POSIX regular expressions.
 */

#include <regex.h>
#include <stdlib.h>
#include <string.h>

#include "pattern.h"
#include "regexp_literal.h"

struct expression {
    regex_t code;
    char *literal;    /* owned; what a text needs to be looked at, or NULL */
    bool any_case;
};

static void *compile(const char *pattern, const char *flags, bool needs_spans,
                     struct error *why)
{
    static const struct pattern_flag known[] = {
        { 'i', REG_ICASE },
        { 'm', REG_NEWLINE },
        { 'x', REG_EXTENDED },
        { 0, 0 },
    };
    unsigned bits = REG_ICASE | REG_EXTENDED;

    if (!pattern_flags(flags, known, &bits, why))
        return NULL;
    if (!needs_spans)
        bits |= REG_NOSUB;
    struct expression *e = mem_zalloc(sizeof(*e));
    int failure = regcomp(&e->code, pattern, (int)bits);
    if (failure == 0) {
        e->literal = bits & REG_EXTENDED ? regexp_literal(pattern) : NULL;
        e->any_case = (bits & REG_ICASE) != 0;
        return e;
    }

    char text[200];
    regerror(failure, &e->code, text, sizeof(text));
    error_set(why, "%s", text);
    free(e);
    return NULL;
}

static size_t groups(const void *code)
{
    return ((const struct expression *)code)->code.re_nsub;
}

static bool lacks_literal(const struct expression *e, const char *text)
{
    if (e->literal == NULL)
        return false;
    return (e->any_case ? strcasestr(text, e->literal)
                        : strstr(text, e->literal)) == NULL;
}

static enum answer match(void *code, const char *text, size_t length,
                         struct pattern_span *spans, size_t count,
                         struct error *why)
{
    struct expression *e = code;
    regmatch_t matches[PATTERN_MAX_SPANS];

    (void)length;
    if (lacks_literal(e, text))
        return ABSENT;
    int result = regexec(&e->code, text, count, matches, 0);
    if (result == REG_NOMATCH)
        return ABSENT;
    if (result != 0) {
        char reason[200];
        regerror(result, &e->code, reason, sizeof(reason));
        error_set(why, "%s", reason);
        return FAILED;
    }
    for (size_t i = 0; i < count; i++)
        spans[i] = (struct pattern_span){ matches[i].rm_so, matches[i].rm_eo };
    return FOUND;
}

static void free_code(void *code)
{
    struct expression *e = code;

    regfree(&e->code);
    free(e->literal);
    free(e);
}

static const struct pattern_engine engine = {
    .type = "regexp",
    .no_delimiter = "skipping this rule",
    .has_second_pattern = true,
    .compile = compile,
    .groups = groups,
    .match = match,
    .free = free_code,
};

static void *regexp_open(const char *name, const struct table_options *options,
                         struct error *why)
{
    return pattern_open(&engine, name, options, why);
}

const struct table_driver driver_regexp = {
    .type = "regexp",
    .can = TABLE_IS_PATTERN,
    .open = regexp_open,
    .get = pattern_get,
    .owner = pattern_owner,
    .close = pattern_close,
};
