/* SPDX-License-Identifier: ISC
 *
 * roff.h - plain text as the source of a manual page.
 */
#ifndef MANGEN_ROFF_H
#define MANGEN_ROFF_H

#include <stddef.h>
#include <stdio.h>

/* One argument of a macro, in quotes, to standard output. */
void roff_put_argument(const char *text);

/* A paragraph: filled lines, a new one for each sentence. */
void roff_put_text(const char *text, size_t length);

/* The length of the first sentence of <text>, with its full stop. */
size_t roff_first_sentence(const char *text);

#endif
