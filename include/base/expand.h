/* SPDX-License-Identifier: ISC
 *
 * expand.h - $name expansion, shared by main.cf, aliases, pipe and templates.
 */
#ifndef BASE_EXPAND_H
#define BASE_EXPAND_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/str.h"

/* The value of <name>, or NULL if there is none. */
typedef const char *expand_lookup(const char *name, void *context);

struct expand_options {
    expand_lookup *lookup;
    void *context;
    /* NULL, or the characters that values may contain; others become '_'.
     * Text that is written in the expression itself is not filtered. */
    const char *filter;
    bool recursive; /* values are expanded too (main.cf) */
    /* NULL, or told the name whose value it is that has the bad syntax. */
    struct error *culprit;
};

/* Append <text> to <out> with every $name, ${name}, $(name),
 * ${name?text}, ${name:text}, ${name?{text}:{text}}, and
 * ${{left} op {right} ? {text} : {text}} replaced; $$ is a dollar sign.
 * op: == != < <= > >= (as numbers if both are all digits) and their ...level
 * forms ("<level"), for levels such as 3.6 and 3.10. ${{left} op {right}} is
 * "true" or "". False and <why> (in Postfix's words) on bad syntax or nesting
 * over 100. *unknown (may be NULL) is set to true if a name that was to be
 * filled in had no value; those before "?" and ":" may have none. */
bool expand_text(struct str *out, const char *text,
                 const struct expand_options *options, bool *unknown,
                 struct error *why);

#endif
