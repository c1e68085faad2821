/* SPDX-License-Identifier: ISC
 *
 * text.h - questions about text, and cutting it up. ASCII rules; no locale.
 */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"

bool text_equal_nocase(const char *a, const char *b);
bool text_equal_nocase_n(const char *a, const char *b, size_t n);
bool text_has_prefix(const char *text, const char *prefix);
bool text_has_prefix_nocase(const char *text, const char *prefix);
bool text_has_suffix_nocase(const char *text, const char *suffix);
const char *text_find_nocase(const char *text, const char *part);
/* Is <word> one of "a, b c"? */
bool text_lists_word(const char *list, const char *word);
bool text_lists_word_nocase(const char *list, const char *word);
bool text_is_ascii(const char *text);
bool text_is_all_digits(const char *text); /* false for "" */
bool text_is_space(int c); /* space, \t \r \n \f \v */

char *text_lower(char *text); /* ASCII, in place; returns text */
char *text_upper(char *text);
/* Replace bytes that are control characters (and, unless <utf8>, all 8-bit
 * bytes; with <utf8>, those that are not well-formed UTF-8) by <with>. In
 * place; returns text. For logging what a stranger sent. */
char *text_printable(char *text, int with, bool utf8);

/* For qsort: an array of texts in the order of their bytes. */
int text_order(const void *a, const void *b);

/* Cut white space off both ends; in place, returns the new start. */
char *text_trim(char *text);
/* The next word of *cursor, which is advanced and written to; words are
 * separated by any of <separators>. NULL at the end. */
char *text_token(char **cursor, const char *separators);
/* As text_token, but separators inside balanced "{...}" do not count (braces
 * are kept), nor, if <quotes>, those inside double quotes (also kept; a
 * backslash takes the special meaning from the next byte). */
char *text_token_braced(char **cursor, const char *separators, bool quotes);
/* "{ text }" as "text", in place; another word is returned as it is. */
char *text_unbrace(char *word);
/* Cut "left = right" at the first '='; trims both. False if there is none or
 * left is empty. */
bool text_split_nameval(char *line, char **name, char **value);
/* "a, b c" as a NULL-terminated array in <arena>. <separators> may be NULL
 * (LIST_SEPARATORS), and so may <count>. */
char **text_split(struct arena *arena, const char *text,
                  const char *separators, size_t *count);
/* Text with C escapes (\a \b \t \n \v \f \r \\ \ooo), as dialogs and
 * PREGREET logs use. */
char *text_escape(struct arena *arena, const void *data, size_t length);
/* The reverse. A character that needs no backslash loses it. */
char *text_unescape(struct arena *arena, const char *text);
#define LIST_SEPARATORS ", \t\r\n"

#endif
