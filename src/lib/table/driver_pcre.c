/* SPDX-License-Identifier: ISC
 *
 * driver_pcre.c - pcre:/file, Perl compatible regular expressions by PCRE2.
 *
 * Patterns and keys are bytes: UTF mode stays off, as Postfix has it.
 */

#define PCRE2_CODE_UNIT_WIDTH 8

#include <pcre2.h>
#include <stdlib.h>

#include "pattern.h"

struct code {
    pcre2_code *compiled;      /* owned */
    pcre2_match_data *matches; /* owned */
    uint32_t groups;
};

static void free_code(void *handle)
{
    struct code *code = handle;

    pcre2_match_data_free(code->matches);
    pcre2_code_free(code->compiled);
    free(code);
}

static void *compile(const char *pattern, const char *flags, bool needs_spans,
                     struct error *why)
{
    static const struct pattern_flag known[] = {
        { 'i', PCRE2_CASELESS },
        { 'm', PCRE2_MULTILINE },
        { 's', PCRE2_DOTALL },
        { 'x', PCRE2_EXTENDED },
        { 'A', PCRE2_ANCHORED },
        { 'E', PCRE2_DOLLAR_ENDONLY },
        { 'U', PCRE2_UNGREEDY },
        { 'X', 0 }, /* PCRE2 always does what this asked of PCRE */
        { 0, 0 },
    };
    unsigned bits = PCRE2_CASELESS | PCRE2_DOTALL;
    int failure;
    PCRE2_SIZE offset;

    (void)needs_spans;
    if (!pattern_flags(flags, known, &bits, why))
        return NULL;
    pcre2_code *compiled =
        pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED, bits,
                      &failure, &offset, NULL);
    if (compiled == NULL) {
        PCRE2_UCHAR text[200];
        pcre2_get_error_message(failure, text, sizeof(text));
        error_set(why, "error in regex at offset %zu: %s", (size_t)offset,
                  (const char *)text);
        return NULL;
    }
    /* Where there is no compiler for this machine, matching interprets. */
    pcre2_jit_compile(compiled, PCRE2_JIT_COMPLETE);

    struct code *code = mem_zalloc(sizeof(*code));
    code->compiled = compiled;
    code->matches = pcre2_match_data_create_from_pattern(compiled, NULL);
    pcre2_pattern_info(compiled, PCRE2_INFO_CAPTURECOUNT, &code->groups);
    return code;
}

static size_t groups(const void *code)
{
    return ((const struct code *)code)->groups;
}

static enum answer match(void *handle, const char *text, size_t length,
                         struct pattern_span *spans, size_t count,
                         struct error *why)
{
    struct code *code = handle;
    int result = pcre2_match(code->compiled, (PCRE2_SPTR)text, length, 0, 0,
                             code->matches, NULL);

    if (result == PCRE2_ERROR_NOMATCH)
        return ABSENT;
    if (result < 0) {
        /* A pattern that explodes is stopped; its rule may be the one that
         * refuses: nobody knows. */
        PCRE2_UCHAR reason[200];
        pcre2_get_error_message(result, reason, sizeof(reason));
        error_set(why, "matcher error %d: %s", result, (const char *)reason);
        return FAILED;
    }
    const PCRE2_SIZE *offsets = pcre2_get_ovector_pointer(code->matches);
    for (size_t i = 0; i < count; i++) {
        bool set = i < (size_t)result && offsets[2 * i] != PCRE2_UNSET;
        spans[i].start = set ? (long)offsets[2 * i] : -1;
        spans[i].end = set ? (long)offsets[2 * i + 1] : -1;
    }
    return FOUND;
}

static const struct pattern_engine engine = {
    .type = "pcre",
    .no_delimiter = "ignoring this rule",
    .compile = compile,
    .groups = groups,
    .match = match,
    .free = free_code,
};

static void *pcre_open(const char *name, const struct table_options *options,
                       struct error *why)
{
    return pattern_open(&engine, name, options, why);
}

const struct table_driver driver_pcre = {
    .type = "pcre",
    .can = TABLE_IS_PATTERN,
    .open = pcre_open,
    .get = pattern_get,
    .owner = pattern_owner,
    .close = pattern_close,
};
