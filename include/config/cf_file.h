/* SPDX-License-Identifier: ISC
 *
 * cf_file.h - the logical lines of a configuration file.
 *
 * A line that starts with white space continues the one before it. Empty
 * lines, and lines whose first visible character is '#', are skipped, also
 * inside a continued line. The line break goes, the white space stays.
 */
#ifndef CONFIG_CF_FILE_H
#define CONFIG_CF_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

#define CF_FILE_MAX_BYTES ((size_t)16 * 1024 * 1024)

struct cf_file;

struct cf_line {
    char *text; /* may be written to; valid until the next cf_file_next */
    int first, last; /* physical line numbers, from 1 */
};

/* Read <path> whole. NULL and <why> ("open PATH: reason", too large, or a
 * NUL byte in it). */
struct cf_file *cf_file_open(const char *path, struct error *why);
/* The same from memory; <name> is for messages. */
struct cf_file *cf_file_from_text(const char *name, const char *text,
                                  size_t length);
void cf_file_free(struct cf_file *file);

/* The next logical line; false at the end. A first line that starts with
 * white space continues nothing: it is logged as a warning and skipped. */
bool cf_file_next(struct cf_file *file, struct cf_line *line);
const char *cf_file_path(const struct cf_file *file);

/* Set "PATH, line N: text", or "PATH, lines N-M: text". Always false. */
bool cf_file_error(const struct cf_file *file, const struct cf_line *line,
                   struct error *why, const char *format, ...)
    PRINTF_LIKE(4, 5);

#endif
