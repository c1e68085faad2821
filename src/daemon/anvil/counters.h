/* SPDX-License-Identifier: ISC
 *
 * counters.h - what each client of each service did in the current time unit.
 */
#ifndef COUNTERS_H
#define COUNTERS_H

#include <time.h>

#include "base/clock.h"
#include "base/hash.h"
#include "ipc/messages/small.h"

/* Kinds of rate, in the order of rate_names in counters.c. */
enum counter_kind {
    COUNT_CONNECT, COUNT_MAIL, COUNT_RECIPIENT, COUNT_NEWTLS, COUNT_AUTH,
    COUNT_KINDS
};

/* One "service:address". */
struct counter {
    char *ident;                 /* owned */
    int connections;             /* open now */
    int rates[COUNT_KINDS];      /* since period_start */
    deadline_t period_start;
};

struct counters {
    struct hash *by_ident;       /* struct counter, owned */
    int period_s;                /* anvil_rate_time_unit */
    size_t most;                 /* entries at once since the last report */
    /* The highest values since the last report. */
    struct peak {
        int value;
        char *ident;             /* owned; NULL: none */
        time_t when;
    } peaks[COUNT_KINDS], connections;
    time_t most_when;
};

void counters_init(struct counters *counters, int period_s);
/* One more event; fills <reply>. COUNT_CONNECT counts an open connection. */
void counters_add(struct counters *counters, const char *ident,
                  enum counter_kind kind, struct anvil_reply *reply);
/* A connection was closed; the entry goes when it has nothing to say. */
void counters_close(struct counters *counters, const char *ident);
void counters_look(struct counters *counters, const char *ident,
                   struct anvil_reply *reply);
/* Forget entries whose period is over and that have no connection. */
void counters_sweep(struct counters *counters);
/* Log "statistics: ..." and start over. */
void counters_report(struct counters *counters);

#endif
