/* SPDX-License-Identifier: ISC
 *
 * lmdb_guard.h - reading through a map of a file that has been cut short.
 */
#ifndef TABLE_LMDB_GUARD_H
#define TABLE_LMDB_GUARD_H

#include <stdbool.h>

/* Call <read>. False: it touched a page that the file does not have, and was
 * left in the middle; what it had allocated is lost. It must not wait. */
bool lmdb_guard(void (*read)(void *argument), void *argument);

#endif
