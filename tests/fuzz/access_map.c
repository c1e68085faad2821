/* SPDX-License-Identifier: ISC
 *
 * access_map.c - what strangers say of themselves, as keys of access(5)
 * tables: names and addresses of hosts, mail addresses. A search has no more
 * steps than the key has labels, plus those of an address and its parts.
 */
#include <stddef.h>

#include "base/log.h"

/* Each key that is asked for is told of once. */
static size_t steps;
#define log_trace(...) steps++

/* Another target has functions of these names, in the same program. */
#define access_action take_action
#define access_trouble take_trouble
#include "../../src/daemon/smtpd/access_map.c"

#include "fuzz.h"

enum { STEPS_BESIDES = 12 };

/* ---- what smtpd has around it ---- */

static struct settings the_settings;

const struct settings *settings(void)
{
    return &the_settings;
}

enum access_result access_trouble(struct access *a, const char *format, ...)
{
    (void)a, (void)format;
    FUZZ_CHECK(!"a table in main.cf fails");
    return ACCESS_REJECT;
}

enum access_result access_action(struct access *a, const char *table,
                                 const char *datum, const char *action,
                                 const char *reply_name,
                                 const char *class_name)
{
    (void)a, (void)table;
    FUZZ_CHECK(datum != NULL && reply_name != NULL && class_name != NULL);
    FUZZ_CHECK(strcmp(action, "reject") == 0);
    return ACCESS_REJECT;
}

bool address_resolve(struct session *s, const char *address,
                     struct resolve_reply *reply)
{
    (void)s;
    reply->recipient = address;
    return true;
}

/* ---- the target ---- */

static size_t steps_max(const char *key)
{
    size_t labels = STEPS_BESIDES;

    for (; *key != '\0'; key++)
        labels += *key == '.' || *key == ':';
    return labels;
}

FUZZ(access_map)
{
    static const char table[] = "inline:{ listed.test=reject 192.0.2=reject }";
    unsigned char flags = fuzz_byte(in);
    char *key = fuzz_rest(in, NULL);
    struct session s = { .line_arena = in->arena };
    struct access a = { .s = &s };
    struct maps *maps = maps_open("table", table, TABLE_FOLD | TABLE_UTF8);
    bool found;

    the_settings.access_parents = flags & 1;
    the_settings.tables = hash_new();
    hash_put(the_settings.tables, table, maps);
    common_params.recipient_delimiter = flags & 2 ? "+-" : "";
    common_params.owner_request_special = flags & 4;
    steps = 0;
    access_map_exact(&a, table, key, key, "Sender address");
    FUZZ_CHECK(steps == 1);
    access_map_host(&a, table, key, key, key, "Client host");
    access_map_network(&a, table, key, key, "Client host", &found);
    FUZZ_CHECK(steps <= 3 * steps_max(key));
    steps = 0;
    access_map_mail(&a, table, key, key, "Sender address");
    FUZZ_CHECK(steps <= steps_max(key));
    hash_free(the_settings.tables, NULL);
    maps_close(maps);
}
