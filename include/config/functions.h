/* SPDX-License-Identifier: ISC
 *
 * functions.h - ${function{text}} in main.cf.
 *
 * One function exists: domain_to_ascii, which gives the A-label form of a
 * domain name.
 */
#ifndef CONFIG_FUNCTIONS_H
#define CONFIG_FUNCTIONS_H

#include <stdbool.h>

#include "base/error.h"
#include "base/str.h"

/* Is there a function call in <text>? */
bool functions_has_call(const char *text);
/* Expands the text of a call; NULL and <why> if it cannot. */
typedef const char *functions_expand(void *context, const char *text,
                                     struct error *why);

/* Append <text> to <out> with each call replaced by its result; all other
 * $name stay as they are. False and <why> for an unknown function, bad syntax
 * or a name that cannot be converted. */
bool functions_call(const char *text, functions_expand *expand, void *context,
                    struct str *out, struct error *why);

#endif
