/* SPDX-License-Identifier: ISC
 *
 * bdb_check.h - is a file of Berkeley DB whole where it must be?
 *
 * Power cuts and bad disks leave zeros in place of pages, or cut the file
 * short. The library reads both as pages of a hash table without records, so
 * their keys would be "not found"; in a btree it searches a page of zeros for
 * ever.
 */
#ifndef TABLE_BDB_CHECK_H
#define TABLE_BDB_CHECK_H

#include <db.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What the count of a table begins with that begins empty, as in Postfix. */
enum { BDB_FIRST_COUNT = 4096 };

/* Has the file all its pages, and if it is a btree, no page of zeros? True
 * also for what is no such file. Reads all pages of a btree. */
bool bdb_file_is_whole(int fd);

/* The hash function of Berkeley DB, FNV-1 from zero. */
uint32_t bdb_hash(const void *key, size_t length);

/* Of a hash table that has no <key>: does a page that could have had it hold
 * no records at all? Reads from the cache only. */
bool bdb_hash_has_gap(DB *db, const void *key, size_t length);

/* Does a hash table hold as many records as its first page says? True also if
 * that cannot be known, as whoever made the file had it count from some other
 * number than this suite or Postfix. Reads all pages. */
bool bdb_hash_is_whole(DB *db);

#endif
