/* SPDX-License-Identifier: ISC
 *
 * cdb_search.h - look for keys in a cdb file, and for damage on the way.
 *
 * The library takes zeros, as a power cut or a bad disk leaves them, for empty
 * slots and other keys; its answer would be "not found".
 */
#ifndef TABLE_CDB_SEARCH_H
#define TABLE_CDB_SEARCH_H

#include <cdb.h>
#include <stdbool.h>
#include <stddef.h>

#include "table/table.h"

enum { CDB_TABLES = 256 };

struct cdb_search {
    const struct cdb *db;      /* of the caller, open */
    bool is_whole[CDB_TABLES]; /* no slots are missing there */
};

/* Do the tables of slots that the first bytes of the file tell of fit each
 * other, and its <size>? */
bool cdb_is_whole(const struct cdb *db, size_t size);

/* FOUND, and a value within the file; FAILED: the file is damaged. */
enum answer cdb_search(struct cdb_search *s, const char *key, size_t length,
                       const void **value, size_t *value_length);

#endif
