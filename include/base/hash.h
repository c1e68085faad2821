/* SPDX-License-Identifier: ISC
 *
 * hash.h - a table from text to pointer, in memory.
 */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Open addressing, random seed a process (names from the network must not
 * choose their slot). Keys are copied. Values belong to the caller. */
struct hash;

struct hash *hash_new(void);
/* <free_value> may be NULL; it is not called for NULL values. */
void hash_free(struct hash *hash, void (*free_value)(void *));
size_t hash_count(const struct hash *hash);
void *hash_get(const struct hash *hash, const char *key); /* NULL: absent */
bool hash_has(const struct hash *hash, const char *key);
/* Returns the value that was there, or NULL. */
void *hash_put(struct hash *hash, const char *key, void *value);
void *hash_remove(struct hash *hash, const char *key);
/* Walk in the order in which the keys came: start with *position = 0; false
 * at the end. <key> and <value> may be NULL. Entries may be removed during the
 * walk, nothing may be added. */
bool hash_next(const struct hash *hash, size_t *position, const char **key,
               void **value);
uint64_t hash_bytes(const void *data, size_t length); /* seeded */

#endif
