/* SPDX-License-Identifier: ISC
 *
 * format.h - printf without its price.
 */
#ifndef BASE_FORMAT_H
#define BASE_FORMAT_H

#include <stdarg.h>
#include <stddef.h>

#include "base/error.h"

/* Like vsnprintf and snprintf, to which goes whatever has more than text,
 * %s, %.*s, %c, and whole numbers with a width at most. */
int format_vtext(char *out, size_t size, const char *format, va_list args);
int format_text(char *out, size_t size, const char *format, ...)
    PRINTF_LIKE(3, 4);

#endif
