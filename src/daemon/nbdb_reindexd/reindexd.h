/* SPDX-License-Identifier: ISC
 *
 * reindexd.h - what the files of nbdb_reindexd share.
 */
#ifndef REINDEXD_H
#define REINDEXD_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/error.h"

/* See to it that the table <type>:<path> has its file, beside the one that
 * Berkeley DB had. False and <why>, already logged. <folder>: of main.cf. */
MAY_WAIT bool reindex(struct arena *arena, const char *folder, const char *type,
                      const char *path, struct error *why);

#endif
