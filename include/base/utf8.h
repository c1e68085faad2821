/* SPDX-License-Identifier: ISC
 *
 * utf8.h - UTF-8: is it well formed, case folding, domain names in IDNA.
 */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

/* RFC 3629: no overlong forms, no surrogates, at most U+10FFFF. */
bool utf8_is_valid(const char *text, size_t length);
/* The functions below replace what is in <out>; the text lies elsewhere. */

/* Fold case for lookups: Unicode full case folding when <unicode> (ICU),
 * otherwise ASCII only. False if <unicode> and the text is not UTF-8. */
bool utf8_fold(struct str *out, const char *text, bool unicode);
/* At start: convert to A-labels as IDNA2003 had it, where a sharp s is "ss"
 * (UTS 46, transitional processing). */
void utf8_domain_set_up(bool transitional);
/* U-labels to A-labels (RFC 5891) and back. ASCII input is copied without a
 * check. False if the name has no such form. */
bool utf8_domain_to_ascii(struct str *out, const char *domain);
bool utf8_domain_to_unicode(struct str *out, const char *domain);

/* The libraries for all that are loaded with the first text that is not ASCII.
 * A process that goes into a chroot has to load them before. */
void utf8_load(void);

#endif
