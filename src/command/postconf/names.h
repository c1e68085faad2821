/* SPDX-License-Identifier: ISC
 *
 * names.h - uses of names in the text of settings.
 */
#ifndef NAMES_H
#define NAMES_H

#include <stdbool.h>

/* Call <found> for each $name, ${name...} and $(name) in <text>. */
void each_use(const char *text, void (*found)(const char *name, void *context),
              void *context);
/* Does any setting use <name>? After names_init. */
bool name_is_used(const char *name);

#endif
