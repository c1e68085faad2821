/* SPDX-License-Identifier: ISC
 *
 * reindex.h - asking nbdb_reindexd for the index that replaces a Berkeley DB
 * table.
 */
#ifndef TABLE_REINDEX_H
#define TABLE_REINDEX_H

#include <stdbool.h>

#include "base/error.h"

/* May this process ask, and is "type:path" a table whose file is missing, and
 * whose Berkeley DB file is there? */
bool reindex_is_due(const char *type_and_path);
/* False and <why>. */
MAY_WAIT bool reindex_ask(const char *type_and_path, struct error *why);

#endif
