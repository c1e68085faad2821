/* SPDX-License-Identifier: ISC
 *
 * hex.h - base 16, upper-case out, either case in.
 */
#ifndef BASE_HEX_H
#define BASE_HEX_H

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

/* Both replace what is in <out>. <colons>: written between bytes, and allowed
 * there in what is read. */
void hex_encode(struct str *out, const void *data, size_t length, bool colons);
bool hex_decode(struct str *out, const char *text, size_t length, bool colons);

#endif
