/* SPDX-License-Identifier: ISC
 *
 * date.c - RFC 5322 section 3.3 dates, in English whatever the locale.
 */
#include "mail/date.h"

#include <stdio.h>
#include <stdlib.h>

const char *date_format(time_t when, char *out, size_t size)
{
    static const char days[7][4] = { "Sun", "Mon", "Tue", "Wed",
                                     "Thu", "Fri", "Sat" };
    static const char months[12][4] = { "Jan", "Feb", "Mar", "Apr",
                                        "May", "Jun", "Jul", "Aug",
                                        "Sep", "Oct", "Nov", "Dec" };
    struct tm local;

    localtime_r(&when, &local);
    long minutes = local.tm_gmtoff / 60;
    snprintf(out, size, "%s, %02d %s %04d %02d:%02d:%02d %c%02ld%02ld (%s)",
             days[local.tm_wday], local.tm_mday, months[local.tm_mon],
             local.tm_year + 1900, local.tm_hour, local.tm_min, local.tm_sec,
             minutes < 0 ? '-' : '+', labs(minutes) / 60, labs(minutes) % 60,
             local.tm_zone);
    return out;
}
