/* SPDX-License-Identifier: ISC
 *
 * num.h - numbers and times from text; nothing is guessed.
 */
#ifndef BASE_NUM_H
#define BASE_NUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Decimal digits only, optional '-' ; the whole text must be used and the
 * value must lie in min..max. No white space. */
bool num_parse_long(const char *text, long min, long max, long *value);
bool num_parse_ulong(const char *text, int base, unsigned long *value);
/* "10", "10s", "5m", "2h", "1d", "1w"; <unit> (one of smhdw) for a number
 * without unit. Seconds, 0..INT_MAX. */
bool num_parse_time(const char *text, char unit, int *seconds);
/* A compatibility level "3", "3.6" or "3.6.1", as a number that compares as
 * levels do: 3.6 is less than 3.10. */
bool num_parse_level(const char *text, long *level);

#endif
