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
/* Say more of why the other one could not be opened. <reindex>: why it could
 * not be built, or "". */
void redirect_explain(const char *type_and_name, const struct error *reindex,
                      struct error *why);

#endif
