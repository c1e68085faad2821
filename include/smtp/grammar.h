/* SPDX-License-Identifier: ISC
 *
 * grammar.h - one SMTP command line: verb, argument words. RFC 5321, section
 * 4.1.1.
 */
#ifndef SMTP_GRAMMAR_H
#define SMTP_GRAMMAR_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"

enum { SMTP_ARGS_MAX = 100 };

/* Words are cut at blanks; "<...>" with quoted strings inside is one word,
 * a backslash hides what follows, and a ':' ends the first word of MAIL and
 * RCPT ("MAIL FROM:<x>" gives MAIL, FROM:, <x>). */
struct smtp_line {
    char *verb;                   /* upper-cased; "" for an empty line */
    char *args[SMTP_ARGS_MAX + 1];/* NULL-terminated; in the arena */
    size_t count;
    const char *rest;             /* everything after the verb, as sent */
    bool too_many;
    bool unbalanced;              /* an unterminated "<" or quote */
};
void smtp_line_parse(struct arena *arena, const char *line,
                     struct smtp_line *out);

#endif
