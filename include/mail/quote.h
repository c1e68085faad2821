/* SPDX-License-Identifier: ISC
 *
 * quote.h - internal address form to RFC 5321 and RFC 5322 external form, and
 * back.
 */
#ifndef MAIL_QUOTE_H
#define MAIL_QUOTE_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/str.h"

/* Append the external form: only the local part is looked at. 8-bit characters
 * stay as they are; "" gives "". */
void quote_822(struct str *out, const char *address);
char *quote_821_dup(struct arena *arena, const char *address);
char *quote_822_dup(struct arena *arena, const char *address);
char *unquote_822_dup(struct arena *arena, const char *address);

#endif
