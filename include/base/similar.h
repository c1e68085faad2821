/* SPDX-License-Identifier: ISC
 *
 * similar.h - what a misspelt word was probably meant to be.
 */
#ifndef BASE_SIMILAR_H
#define BASE_SIMILAR_H

#include <stddef.h>

/* How many letters must be put in, left out, changed or exchanged with their
 * neighbour to make <other> of <word>; <limit> + 1 if more than <limit>. */
size_t similar_distance(const char *word, const char *other, size_t limit);

/* The one of <words> that is most like <word>, the first of several; NULL if
 * none differs by less than a third of its letters. */
const char *similar_word(const char *word, const char *const *words,
                         size_t count);

#endif
