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

#define QUEUE_ID_SIZE 256 /* longest name that is legal, with the NUL */

bool queue_id_is_valid(const char *id); /* letters, digits, '_' ; 1..255 */
bool queue_id_is_long(const char *id);
void queue_id_format(char out[QUEUE_ID_SIZE], bool long_form,
                     struct timeval when, ino_t inode);
/* Length of the part before the inode: 5 hex digits, or up to and with the
 * 'z'. 0: the name is too short. */
size_t queue_id_time_length(const char *id);
/* The microseconds encoded in a long ID; false if it is not one. */
bool queue_id_long_usec(const char *id, long *microseconds);
/* The inode encoded in the name; false if it has none. */
bool queue_id_inode(const char *id, ino_t *inode);
/* The hash key for directories: a short ID itself; of a long one, the 5 hex
 * digits that a short ID would begin with. */
void queue_id_hash_key(const char *id, char out[QUEUE_ID_SIZE]);

#endif
