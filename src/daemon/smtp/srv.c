/* SPDX-License-Identifier: ISC
 *
 * srv.c - servers by SRV records: RFC 2782.
 */
#include <stdint.h>
#include <string.h>

#include "base/array.h"
#include "base/log.h"
#include "base/random.h"
#include "route.h"

struct records {
    ARRAY_OF(const struct dns_record *);
};

/* The one to try next: of those with the lowest priority one by chance, as
 * their weights have it; a weight of 0 has a small chance. */
static size_t choose(const struct records *all)
{
    int priority = all->items[0]->preference;
    uint64_t total = 0;

    for (size_t i = 1; i < all->count; i++)
        if (all->items[i]->preference < priority)
            priority = all->items[i]->preference;
    for (size_t i = 0; i < all->count; i++)
        if (all->items[i]->preference == priority)
            total += (uint64_t)all->items[i]->weight * 100 + 1;
    uint64_t at = random_below(total);
    for (size_t i = 0;; i++) {
        if (all->items[i]->preference != priority)
            continue;
        uint64_t weight = (uint64_t)all->items[i]->weight * 100 + 1;
        if (at < weight)
            return i;
        at -= weight;
    }
}

static void add_hosts(struct delivery *d, const struct dns_answer *answer,
                      struct server_list *list)
{
    struct records all = ARRAY_EMPTY;

    for (const struct dns_record *r = answer->records; r != NULL; r = r->next)
        ARRAY_ADD(&all, r);
    for (int rank = 0; all.count > 0; rank++) {
        size_t i = choose(&all);
        server_list_add_host(d, list, all.items[i]->target,
                             all.items[i]->port, rank);
        memmove(all.items + i, all.items + i + 1,
                (--all.count - i) * sizeof *all.items);
    }
    ARRAY_FREE(&all);
}

/* Go on without SRV, if the administrator wants that. */
static enum answer give_up(struct delivery *d, const char *name,
                           bool was_error)
{
    if (!smtp_params.allow_srv_lookup_fallback &&
        !(was_error && smtp_params.ignore_srv_lookup_error))
        return FAILED;
    log_info("skipping SRV lookup for %s: %s", name, d->why.reason);
    return ABSENT;
}

static bool is_no_service(const struct dns_record *records)
{
    return records->next == NULL && records->target[0] == '\0';
}

enum answer srv_find(struct delivery *d, struct server_list *list)
{
    const char *name = arena_printf(d->arena, "_%s._tcp.%s", d->site.service,
                                    d->site.domain);
    struct dns_answer answer;

    dns_query(d->arena, name, DNS_SRV, settings()->dns_flags, &answer);
    if (answer.status != DNS_OK) {
        route_dns_failure(d, &answer);
        return give_up(d, name,
                       answer.status != DNS_NOT_FOUND &&
                           answer.status != DNS_NO_DATA);
    }
    if (is_no_service(answer.records)) {
        failure_set(d, "5.1.0", "Domain %s does not support SRV requests",
                    name);
        return give_up(d, name, false);
    }
    add_hosts(d, &answer, list);
    if (!server_list_finish(d, list))
        return FAILED;
    if (list->first != NULL)
        return FOUND;
    log_warning("no SRV host for %s has a valid address record", name);
    return give_up(d, name, false);
}
