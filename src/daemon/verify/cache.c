/* SPDX-License-Identifier: ISC
 *
 * cache.c - what is known of addresses, in address_verify_map.
 */
#include "cache.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/clock.h"
#include "base/fatal.h"
#include "base/fiber.h"
#include "base/log.h"
#include "base/num.h"
#include "base/priv.h"
#include "base/text.h"
#include "config/params.h"
#include "ipc/messages/small.h"

/* A probe without an answer for so long is sent again. */
enum { PROBE_LIFE_S = 1000, FIELDS = 3, SWEEP_SLICE = 200 };
enum { FLAGS = TABLE_FOLD | TABLE_UTF8 | TABLE_DUP_REPLACE };

static struct table *table;

static struct table *open_as_owner(const char *name, struct error *why)
{
    uid_t uid;
    gid_t gid;

    if (geteuid() != 0)
        return table_open(name, TABLE_UPDATE, FLAGS, why);
    if (!priv_user(common_params.mail_owner, &uid, &gid, why))
        fatal("mail_owner: %s", why->text);
    priv_become(uid, gid);
    struct table *opened = table_open(name, TABLE_UPDATE, FLAGS, why);
    priv_restore();
    return opened;
}

void cache_open(void)
{
    const char *name = verify_params.address_verify_map;
    struct error why = ERROR_NONE;

    table = open_as_owner(*name != '\0' ? name : "internal:verify_cache",
                          &why);
    if (table == NULL)
        fatal("address_verify_map: %s", why.text);
}

/* ---- Entries ------------------------------------------------------------- */

static bool parse(char *value, struct cache_entry *out)
{
    long number[FIELDS];

    for (size_t i = 0; i < FIELDS; i++) {
        char *end = strchr(value, ':');
        if (end == NULL)
            return false;
        *end = '\0';
        if (!num_parse_long(value, 0, i == 0 ? VERIFY_TODO : LONG_MAX,
                            &number[i]))
            return false;
        value = end + 1;
    }
    *out = (struct cache_entry){ .status = (int)number[0],
                                 .probed = number[1],
                                 .updated = number[2],
                                 .text = value };
    return true;
}

static bool is_older(time_t since, int seconds)
{
    return since < time(NULL) - seconds; /* the table may have any number */
}

static bool has_expired(const struct cache_entry *entry)
{
    if (entry->status == VERIFY_TODO)
        return is_older(entry->probed, PROBE_LIFE_S);
    return is_older(entry->updated,
                    entry->status == VERIFY_OK
                        ? verify_params.address_verify_positive_expire_time
                        : verify_params.address_verify_negative_expire_time);
}

bool cache_needs_refresh(const struct cache_entry *entry)
{
    return entry->status == VERIFY_TODO ||
           is_older(entry->updated,
                    entry->status == VERIFY_OK
                        ? verify_params.address_verify_positive_refresh_time
                        : verify_params.address_verify_negative_refresh_time);
}

bool cache_is_probed(const struct cache_entry *entry)
{
    return entry->probed != 0 && !is_older(entry->probed, PROBE_LIFE_S);
}

enum answer cache_get(struct arena *arena, const char *address,
                      struct cache_entry *entry)
{
    struct str value = STR_EMPTY;
    struct cache_entry found;
    enum answer answer = table_get(table, address, &value);

    if (answer == FOUND &&
        (!parse(arena_strdup(arena, value.data), &found) ||
         has_expired(&found)))
        answer = ABSENT;
    if (answer == FOUND)
        *entry = found;
    if (answer == FAILED)
        log_warning("%s: lookup of %s: %s", table_name(table), address,
                    table_error(table));
    str_fini(&value);
    return answer;
}

bool cache_put(struct arena *arena, const char *address,
               const struct cache_entry *entry)
{
    char *value = arena_printf(arena, "%d:%ld:%ld:%s", entry->status,
                               (long)entry->probed, (long)entry->updated,
                               entry->text);

    if (table_put(table, address, value) != FAILED && table_commit(table))
        return true;
    log_warning("%s: update of %s: %s", table_name(table), address,
                table_error(table));
    return false;
}

/* ---- Cleaning ------------------------------------------------------------ */

/* When the last one was complete: this process may be a new one. Kept in the
 * table, as Postfix does. */
static const char stamp_key[] = "_last_cache_cleanup_completed_";

static long ms_until_due(int interval_s)
{
    struct str value = STR_EMPTY;
    time_t now = time(NULL);
    long last = 0;

    if (table_get(table, stamp_key, &value) != FOUND ||
        !num_parse_long(value.data, 0, LONG_MAX, &last) || last > now)
        last = 0;
    str_fini(&value);
    return now - last >= interval_s ? 0 : (last + interval_s - now) * 1000L;
}

static void note_completion(void)
{
    char value[24];

    snprintf(value, sizeof value, "%ld", (long)time(NULL));
    if (table_put(table, stamp_key, value) == FAILED || !table_commit(table))
        log_warning("%s: update of %s: %s", table_name(table), stamp_key,
                    table_error(table));
}

struct sweep {
    struct { ARRAY_OF(char *); } expired; /* keys, owned */
    long retained, dropped;
};

static enum answer collect_some(struct sweep *sweep, bool first)
{
    struct str key = STR_EMPTY, value = STR_EMPTY;
    struct cache_entry entry;
    enum answer answer = FOUND;

    for (int i = 0; i < SWEEP_SLICE; i++) {
        answer = table_next(table, first && i == 0, &key, &value);
        if (answer != FOUND)
            break;
        if (strcmp(key.data, stamp_key) == 0)
            continue;
        if (parse(value.data, &entry) && !has_expired(&entry))
            sweep->retained++;
        else if (key.length > 0 && key.data[0] != '\a')
            ARRAY_ADD(&sweep->expired, mem_strdup(key.data));
    }
    str_fini(&key);
    str_fini(&value);
    return answer;
}

static bool drop_collected(struct sweep *sweep)
{
    if (sweep->expired.count == 0)
        return true;
    for (size_t i = 0; i < sweep->expired.count; i++) {
        sweep->dropped += table_del(table, sweep->expired.items[i]) == FOUND;
        free(sweep->expired.items[i]);
    }
    sweep->expired.count = 0;
    return table_commit(table);
}

/* In slices: however large the table is, who asks is answered meanwhile. */
static void sweep_once(void)
{
    struct sweep sweep = { .retained = 0 };
    enum answer answer = FOUND;
    bool complete = true;

    for (bool first = true; answer == FOUND; first = false) {
        answer = collect_some(&sweep, first);
        complete = drop_collected(&sweep) && complete;
        fiber_yield();
    }
    ARRAY_FREE(&sweep.expired);
    complete = complete && answer == ABSENT;
    log_info("cache %s %s cleanup: retained=%ld dropped=%ld entries",
             table_name(table), complete ? "full" : "partial", sweep.retained,
             sweep.dropped);
    if (complete)
        note_completion();
}

void cache_sweep_forever(void)
{
    int interval_s = verify_params.address_verify_cache_cleanup_interval;

    if (interval_s <= 0)
        return;
    clock_sleep_ms(ms_until_due(interval_s));
    for (;;) {
        sweep_once();
        clock_sleep_ms(interval_s * 1000LL);
    }
}
