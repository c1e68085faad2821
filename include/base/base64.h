/* SPDX-License-Identifier: ISC
 *
 * base64.h - RFC 4648 base 64.
 */
#ifndef BASE_BASE64_H
#define BASE_BASE64_H

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

/* Both replace what is in <out>; <data> and <text> lie elsewhere. */
void base64_encode(struct str *out, const void *data, size_t length);
/* Strict: no white space, correct padding, no trailing bits. */
bool base64_decode(struct str *out, const char *text, size_t length);

#endif
