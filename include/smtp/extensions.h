/* SPDX-License-Identifier: ISC
 *
 * extensions.h - EHLO keywords, for server and client.
 */
#ifndef SMTP_EXTENSIONS_H
#define SMTP_EXTENSIONS_H

#include <stdbool.h>

/* EXT_PIPELINING ... bits; the same bits serve the *_discard_ehlo_keywords
 * lists. */
enum smtp_extension {
#define EXTENSION(id, keyword, bit) EXT_##id = 1 << (bit),
#include "smtp/extensions.def"
#undef EXTENSION
};
/* Bits of a list "silent-discard, dsn"; unknown words are logged with
 * <title>. */
unsigned smtp_extensions_parse(const char *title, const char *list);
unsigned smtp_extension_find(const char *keyword); /* 0: unknown */
const char *smtp_extension_keyword(unsigned bit);

#endif
