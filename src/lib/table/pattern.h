/* SPDX-License-Identifier: ISC
 *
 * pattern.h - what the regexp and pcre table types share.
 */
#ifndef TABLE_PATTERN_H
#define TABLE_PATTERN_H

#include <stdbool.h>
#include <stddef.h>

#include "internal.h"

/* A part of the text that a group matched; start < 0: it took no part. */
struct pattern_span {
    long start, end;
};

enum { PATTERN_MAX_SPANS = 100 };

/* A library that compiles and matches. */
struct pattern_engine {
    const char *type;         /* "regexp" */
    const char *no_delimiter; /* "skipping this rule" */
    bool has_second_pattern;  /* /pattern/!/pattern/ */
    /* <flags> toggle the defaults. Returns NULL and <why>. */
    void *(*compile)(const char *pattern, const char *flags, bool needs_spans,
                     struct error *why);
    size_t (*groups)(const void *code);
    /* Fills spans[0..count). FAILED and <why> if the library gives up. */
    enum answer (*match)(void *code, const char *text, size_t length,
                         struct pattern_span *spans, size_t count,
                         struct error *why);
    void (*free)(void *code);
};

struct pattern_table;

struct pattern_table *pattern_open(const struct pattern_engine *engine,
                                   const char *name,
                                   const struct table_options *options,
                                   struct error *why);
enum answer pattern_get(void *table, const char *key, struct str *value,
                        struct error *why);
enum table_trust pattern_owner(void *table, uid_t *owner);
void pattern_close(void *table);

/* Set *bits for each flag letter of <flags>; each row toggles a bit. False and
 * <why> at an unknown letter. */
struct pattern_flag {
    char letter;
    unsigned bit;
};
bool pattern_flags(const char *flags, const struct pattern_flag *known,
                   unsigned *bits, struct error *why);

#endif
