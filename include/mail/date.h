/* SPDX-License-Identifier: ISC
 *
 * date.h - RFC 5322 dates.
 */
#ifndef MAIL_DATE_H
#define MAIL_DATE_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

/* "Sun, 22 Nov 2026 10:00:00 +0000 (UTC)"; local time zone. */
const char *date_format(time_t when, char *out, size_t size);

#endif
