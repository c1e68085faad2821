/* SPDX-License-Identifier: ISC
 *
 * redirect.h - hash: and btree: tables that are to be of another type.
 */
#ifndef TABLE_REDIRECT_H
#define TABLE_REDIRECT_H

#include <stdbool.h>

#include "base/error.h"

/* Is "type:name" a Berkeley DB table, and non_bdb_migration_level set? */
bool redirect_is_due(const char *type_and_name);
/* The table to open in its place; on the heap. NULL and <why>. */
char *redirect_name(const char *type_and_name, struct error *why);
/* Say more of why that one could not be opened. */
void redirect_explain(const char *type_and_name, const char *other,
                      struct error *why);

#endif
