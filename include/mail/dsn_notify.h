/* SPDX-License-Identifier: ISC
 *
 * dsn_notify.h - NOTIFY and RET of RFC 3461.
 */
#ifndef MAIL_DSN_NOTIFY_H
#define MAIL_DSN_NOTIFY_H

#include <stdbool.h>

enum dsn_notify { /* bits as in queue files */
    DSN_NOTIFY_NEVER = 1,
    DSN_NOTIFY_SUCCESS = 2,
    DSN_NOTIFY_FAILURE = 4,
    DSN_NOTIFY_DELAY = 8,
};
enum dsn_return { DSN_RET_NONE = 0, DSN_RET_FULL = 1, DSN_RET_HEADERS = 2 };

/* "SUCCESS,FAILURE", words may be said twice; 0, and perhaps a warning in the
 * log, if it is not valid. */
int dsn_notify_parse(const char *text);
const char *dsn_notify_format(int bits); /* constant text */
int dsn_return_parse(const char *text);

#endif
