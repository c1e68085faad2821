/* SPDX-License-Identifier: ISC
 *
 * driver_regexp.c - regexp:/file, POSIX regular expressions.
 */

#include <regex.h>
#include <stdlib.h>

#include "pattern.h"

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
    regex_t *code = mem_alloc(sizeof(*code));
    int failure = regcomp(code, pattern, (int)bits);
    if (failure == 0)
        return code;

    char text[200];
    regerror(failure, code, text, sizeof(text));
    error_set(why, "%s", text);
    free(code);
    return NULL;
}

static size_t groups(const void *code)
{
    return ((const regex_t *)code)->re_nsub;
}

static enum answer match(void *code, const char *text, size_t length,
                         struct pattern_span *spans, size_t count,
                         struct error *why)
{
    regmatch_t matches[PATTERN_MAX_SPANS];
    int result = regexec(code, text, count, matches, 0);

    (void)length;
    if (result == REG_NOMATCH)
        return ABSENT;
    if (result != 0) {
        char reason[200];
        regerror(result, code, reason, sizeof(reason));
        error_set(why, "%s", reason);
        return FAILED;
    }
    for (size_t i = 0; i < count; i++)
        spans[i] = (struct pattern_span){ matches[i].rm_so, matches[i].rm_eo };
    return FOUND;
}

static void free_code(void *code)
{
    regfree(code);
    free(code);
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
