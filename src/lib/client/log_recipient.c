/* SPDX-License-Identifier: ISC
 *
 * log_recipient.c - the line that log analysers live on: one a recipient and
 * delivery attempt.
 */
#include "base/log.h"
#include "base/str.h"
#include "base/text.h"
#include "client/bounce.h"
#include "client/client.h"
#include "mail/address.h"

#include <string.h>

/* Microseconds from <from> to <to>; 0 if either is unknown or the clock went
 * backwards. */
static long long elapsed_us(struct timeval from, struct timeval to)
{
    if (from.tv_sec == 0 || to.tv_sec == 0)
        return 0;
    long long us = (long long)(to.tv_sec - from.tv_sec) * 1000000 +
                   (to.tv_usec - from.tv_usec);
    return us > 0 ? us : 0;
}

/* Two significant digits, at most <decimals> behind the point, no trailing
 * zeros: 0.07, 1.2, 12, 345. */
static void add_delay(struct str *out, long long us, int decimals)
{
    long power = 1; /* of ten: what a second is in units of the last digit */
    int digits = 0;
    for (long long limit = 10000000; digits < decimals && us < limit;
         limit /= 10) {
        digits++;
        power *= 10;
    }

    long unit = 1000000 / power;
    long value = (long)((us + unit / 2) / unit);
    for (; digits > 0 && value % 10 == 0; digits--) {
        value /= 10;
        power /= 10;
    }
    str_addf(out, "%ld", value / power);
    if (digits > 0)
        str_addf(out, ".%0*ld", digits, value % power);
}

static void add_delays(struct str *out, const struct delivery_times *t)
{
    int decimals = client_setup()->log_resolution;
    struct timeval now =
        t->delivered.tv_sec != 0 ? t->delivered : clock_wall();
    struct timeval handoff =
        t->agent_handoff.tv_sec != 0 ? t->agent_handoff : now;
    struct timeval active =
        t->active_arrive.tv_sec != 0 ? t->active_arrive : handoff;
    struct timeval connected =
        t->connected.tv_sec != 0 ? t->connected : handoff;

    str_add(out, ", delay=");
    add_delay(out, elapsed_us(t->arrival, now), decimals);
    str_add(out, ", delays=");
    add_delay(out, elapsed_us(t->arrival, active), decimals);
    str_add_char(out, '/');
    add_delay(out, elapsed_us(active, handoff), decimals);
    str_add_char(out, '/');
    add_delay(out, elapsed_us(handoff, connected), decimals);
    str_add_char(out, '/');
    add_delay(out, elapsed_us(connected, now), decimals);
}

const char *logged_address(struct arena *arena, const char *address)
{
    return client_setup()->log_internal_form
               ? text_printable(arena_strdup(arena, address), '?', true)
               : address_for_log(arena, address);
}

void log_recipient(const char *queue_id, const struct recipient *to,
                   const char *relay, const struct delivery_times *times,
                   const struct dsn *dsn, const char *status)
{
    struct arena *arena = arena_new();
    struct str line = STR_EMPTY;

    str_addf(&line, "%s: to=<%s>", queue_id,
             logged_address(arena, to->address));
    if (*to->original != '\0' &&
        !text_equal_nocase(to->original, to->address))
        str_addf(&line, ", orig_to=<%s>", logged_address(arena, to->original));
    str_addf(&line, ", relay=%s", relay != NULL ? relay : "none");
    if (times->reuse_count > 1)
        str_addf(&line, ", conn_use=%d", times->reuse_count);
    add_delays(&line, times);
    if (times->tls != NULL)
        str_addf(&line, ", tls=%s", times->tls);
    str_addf(&line, ", dsn=%s, status=%s (%s)", dsn->status, status,
             dsn->reason != NULL ? dsn->reason : "");
    log_info("%s", line.data);
    str_fini(&line);
    arena_free(arena);
}
