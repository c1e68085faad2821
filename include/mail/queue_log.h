/* SPDX-License-Identifier: ISC
 *
 * queue_log.h - the logs of what became of a message's recipients: "bounce",
 * "defer" and "trace", as files with its queue ID.
 */
#ifndef MAIL_QUEUE_LOG_H
#define MAIL_QUEUE_LOG_H

#include <stdbool.h>

/* So that nobody is told of what it says any more. What cannot be removed is
 * emptied, and the administrator told. False: it still says so. True also if
 * there is none. */
bool queue_log_remove(const char *log, const char *id);

#endif
