/* SPDX-License-Identifier: ISC
 *
 * queue_id.h - queue file names: short (microseconds, inode) and long.
 */
#ifndef MAIL_QUEUE_ID_H
#define MAIL_QUEUE_ID_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/time.h>
#include <sys/types.h>

#define QUEUE_ID_SIZE 101 /* longest name accepted here, with the NUL */

bool queue_id_is_valid(const char *id); /* letters, digits, '_' ; 1..100 */
bool queue_id_is_long(const char *id);
void queue_id_format(char out[QUEUE_ID_SIZE], bool long_form,
                     struct timeval when, ino_t inode);
/* The inode encoded in the name; false if it has none. */
bool queue_id_inode(const char *id, ino_t *inode);
/* The hash key for directories: the ID, or 5 hex digits of microseconds. */
void queue_id_hash_key(const char *id, char out[QUEUE_ID_SIZE]);

#endif
