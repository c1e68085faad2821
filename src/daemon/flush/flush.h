/* SPDX-License-Identifier: ISC
 *
 * flush.h - the lists of the flush service.
 */
#ifndef FLUSH_FLUSH_H
#define FLUSH_FLUSH_H

#include "base/arena.h"
#include "config/params.h"

/* Also make the destinations of the message alive again. */
enum { SEND_UNTHROTTLE = 1 };

/* In ASCII and lower case, all but letters and digits replaced by '_'. */
const char *site_file_name(struct arena *arena, const char *site);
/* All return a FLUSH_ status. */
int site_add(struct arena *arena, const char *site, const char *queue_id);
int site_send(const char *file_name, int flags);
int file_send(const char *queue_id);
/* Process every list that was not asked for in <refresh_s> seconds; remove
 * those that have been empty for fast_flush_purge_time. */
void all_refresh(int refresh_s);

#endif
