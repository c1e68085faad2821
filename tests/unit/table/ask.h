/* SPDX-License-Identifier: ISC
 *
 * ask.h - one question to a table, for the tests of this layer.
 */
#ifndef TESTS_UNIT_TABLE_ASK_H
#define TESTS_UNIT_TABLE_ASK_H

#include <stdbool.h>

/* What the table <name> ("type:path") has for <key>: the value, "(absent)",
 * "(failed)" or, if it cannot be opened, "refused". Good until the next
 * call. */
const char *ask_flags(const char *name, unsigned flags, const char *key);
const char *ask(const char *name, const char *key); /* as most tables are */
void write_file(const char *path, const char *text);
bool has_type(const char *type); /* was it built? */

#endif
