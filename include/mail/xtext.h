/* SPDX-License-Identifier: ISC
 *
 * xtext.h - RFC 3461 section 4 xtext and RFC 6533 utf-8-addr-xtext.
 */
#ifndef MAIL_XTEXT_H
#define MAIL_XTEXT_H

#include <stdbool.h>

#include "base/str.h"

/* Set <out>. <extra>: characters to encode besides those of the standard. */
void xtext_encode(struct str *out, const char *text, const char *extra);
/* False: not well-formed. */
bool xtext_decode(struct str *out, const char *text);
/* "utf-8;" original recipients: unitext and \x{..} forms; another backslash
 * stands for itself. */
bool utf8_xtext_decode(struct str *out, const char *text);

#endif
