/* SPDX-License-Identifier: ISC
 *
 * regexp_literal.h - text that whatever matches a regular expression has.
 */
#ifndef TABLE_REGEXP_LITERAL_H
#define TABLE_REGEXP_LITERAL_H

/* The longest text that each match of the POSIX extended regular expression
 * <pattern> contains, as far as that can be told without effort; NULL: none.
 * In ASCII; with REG_ICASE, in whatever case. The caller's, to free. */
char *regexp_literal(const char *pattern);

#endif
