/* SPDX-License-Identifier: ISC
 *
 * random.h - a choice by chance, for spreading load; not for secrets.
 */
#ifndef BASE_RANDOM_H
#define BASE_RANDOM_H

#include <stdint.h>

/* 0 to <limit> - 1, of which there must be one at least. */
uint64_t random_below(uint64_t limit);

#endif
