/* SPDX-License-Identifier: ISC
 *
 * counters.c - what each client of each service did in the current time unit.
 */
#include "counters.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/log.h"
#include "base/str.h"

static const char *const rate_names[COUNT_KINDS] = {
    [COUNT_CONNECT] = "connection", [COUNT_MAIL] = "message",
    [COUNT_RECIPIENT] = "recipient", [COUNT_NEWTLS] = "newtls",
    [COUNT_AUTH] = "auth",
};

void counters_init(struct counters *counters, int period_s)
{
    memset(counters, 0, sizeof *counters);
    counters->by_ident = hash_new();
    counters->period_s = period_s;
}

static void counter_free(void *pointer)
{
    struct counter *counter = pointer;

    free(counter->ident);
    free(counter);
}

static bool period_is_over(const struct counters *counters,
                           const struct counter *counter)
{
    return clock_now() >=
           counter->period_start + (deadline_t)counters->period_s * 1000;
}

static struct counter *find(struct counters *counters, const char *ident)
{
    struct counter *counter = hash_get(counters->by_ident, ident);

    if (counter == NULL) {
        counter = mem_zalloc(sizeof *counter);
        counter->ident = mem_strdup(ident);
        counter->period_start = clock_now();
        hash_put(counters->by_ident, ident, counter);
        if (hash_count(counters->by_ident) > counters->most) {
            counters->most = hash_count(counters->by_ident);
            counters->most_when = time(NULL);
        }
    } else if (period_is_over(counters, counter)) {
        memset(counter->rates, 0, sizeof counter->rates);
        counter->period_start = clock_now();
    }
    return counter;
}

static void fill(const struct counter *counter, struct anvil_reply *reply)
{
    *reply = (struct anvil_reply){
        .count = counter->connections,
        .rate = counter->rates[COUNT_CONNECT],
        .mail = counter->rates[COUNT_MAIL],
        .recipients = counter->rates[COUNT_RECIPIENT],
        .newtls = counter->rates[COUNT_NEWTLS],
        .auth = counter->rates[COUNT_AUTH],
    };
}

static void note_peak(struct peak *peak, int value, const char *ident)
{
    if (value <= peak->value)
        return;
    free(peak->ident);
    peak->value = value;
    peak->ident = mem_strdup(ident);
    peak->when = time(NULL);
}

void counters_add(struct counters *counters, const char *ident,
                  enum counter_kind kind, struct anvil_reply *reply)
{
    struct counter *counter = find(counters, ident);

    counter->rates[kind]++;
    note_peak(&counters->peaks[kind], counter->rates[kind], ident);
    if (kind == COUNT_CONNECT) {
        counter->connections++;
        note_peak(&counters->connections, counter->connections, ident);
    }
    fill(counter, reply);
}

void counters_look(struct counters *counters, const char *ident,
                   struct anvil_reply *reply)
{
    struct counter *counter = hash_get(counters->by_ident, ident);

    *reply = (struct anvil_reply){ .status = 0 };
    if (counter != NULL)
        fill(find(counters, ident), reply);
}

static void forget_if_idle(struct counters *counters, struct counter *counter)
{
    if (counter->connections > 0 || !period_is_over(counters, counter))
        return;
    hash_remove(counters->by_ident, counter->ident);
    counter_free(counter);
}

void counters_close(struct counters *counters, const char *ident)
{
    struct counter *counter = hash_get(counters->by_ident, ident);

    if (counter == NULL)
        return;
    if (counter->connections > 0)
        counter->connections--;
    forget_if_idle(counters, counter);
}

void counters_sweep(struct counters *counters)
{
    size_t position = 0;
    void *value;

    while (hash_next(counters->by_ident, &position, NULL, &value))
        forget_if_idle(counters, value);
}

static const char *when_text(time_t when, char *out, size_t size)
{
    struct tm tm;

    localtime_r(&when, &tm);
    strftime(out, size, "%b %e %H:%M:%S", &tm);
    return out;
}

static void peak_clear(struct peak *peak)
{
    free(peak->ident);
    memset(peak, 0, sizeof *peak);
}

void counters_report(struct counters *counters)
{
    char when[32];

    for (int kind = 0; kind < COUNT_KINDS; kind++) {
        struct peak *peak = &counters->peaks[kind];
        if (peak->value > 0)
            log_info("statistics: max %s rate %d/%ds for (%s) at %s",
                     rate_names[kind], peak->value, counters->period_s,
                     peak->ident,
                     when_text(peak->when, when, sizeof when));
        if (kind == COUNT_CONNECT && counters->connections.value > 0)
            log_info("statistics: max connection count %d for (%s) at %s",
                     counters->connections.value, counters->connections.ident,
                     when_text(counters->connections.when, when, sizeof when));
        peak_clear(peak);
    }
    peak_clear(&counters->connections);
    if (counters->most > 0)
        log_info("statistics: max cache size %zu at %s", counters->most,
                 when_text(counters->most_when, when, sizeof when));
    counters->most = 0;
}
