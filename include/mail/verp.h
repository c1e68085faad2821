/* SPDX-License-Identifier: ISC
 *
 * verp.h - variable envelope return paths.
 */
#ifndef MAIL_VERP_H
#define MAIL_VERP_H

#include "base/arena.h"

/* sender@dom with "+=" and recipient user@host: sender+user=host@dom. */
char *verp_sender(struct arena *arena, const char *delimiters,
                  const char *sender, const char *recipient);
/* NULL if fine, else what is wrong with the two delimiter characters. */
const char *verp_check(const char *delimiters, const char *filter);

#endif
