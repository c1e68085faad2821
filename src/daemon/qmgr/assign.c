/* SPDX-License-Identifier: ISC
 *
 * assign.c - recipients into entries of the scheduler.
 *
 * Recipients of one message are sorted by destination and cut into entries of
 * at most the transport's recipient limit. What should go to a dead transport
 * or destination goes to the retry service, whose next hop is the reason.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/fatal.h"
#include "base/log.h"
#include "base/str.h"
#include "base/text.h"
#include "config/main_cf.h"
#include "config/params.h"
#include "mail/address.h"
#include "message.h"
#include "service/service.h"

struct scheduler the_scheduler;

/* ---- Transports -------------------------------------------------------- */

static long setting(const char *transport, const char *suffix, long fallback,
                    long minimum)
{
    struct error why = ERROR_NONE;
    long value;

    if (!param_family_int(service_config(), transport, suffix, fallback,
                          minimum, PARAM_NO_LIMIT, &value, &why))
        fatal("%s", why.text);
    return value;
}

static int time_setting(const char *transport, const char *suffix,
                        int fallback, int minimum)
{
    struct error why = ERROR_NONE;
    int value;

    if (!param_family_time(service_config(), transport, suffix, fallback,
                           minimum, PARAM_NO_LIMIT, &value, &why))
        fatal("%s", why.text);
    return value;
}

static void feedback_setting(const char *transport, const char *suffix,
                             const char *fallback, struct feedback *out)
{
    const char *text =
        param_family_text(service_config(), transport, suffix, fallback);

    if (!feedback_parse(text, out))
        fatal("bad parameter value: %s%s = %s: specify a number in the range "
              "0..1, or number / number, number / concurrency, "
              "number / sqrt_concurrency",
              transport, suffix, text);
}

static struct transport_settings load_settings(const char *name)
{
    const struct qmgr_params *p = &qmgr_params;
    struct transport_settings s = {
        .recipient_limit = setting(name, "_destination_recipient_limit",
                                   p->default_destination_recipient_limit, 0),
        .concurrency_limit =
            setting(name, "_destination_concurrency_limit",
                    p->default_destination_concurrency_limit, 0),
        .initial_concurrency =
            setting(name, "_initial_destination_concurrency",
                    p->initial_destination_concurrency, 1),
        .failed_cohort_limit = setting(
            name, "_destination_concurrency_failed_cohort_limit",
            p->default_destination_concurrency_failed_cohort_limit, 0),
        .slot_cost = setting(name, "_delivery_slot_cost",
                             p->default_delivery_slot_cost, 0),
        .slot_loan = setting(name, "_delivery_slot_loan",
                             p->default_delivery_slot_loan, 0),
        .slot_discount = setting(name, "_delivery_slot_discount",
                                 p->default_delivery_slot_discount, 0),
        .minimum_slots = setting(name, "_minimum_delivery_slots",
                                 p->default_minimum_delivery_slots, 0),
        .memory_limit = setting(name, "_recipient_limit",
                                p->default_recipient_limit, 0),
        .extra_memory_limit = setting(name, "_extra_recipient_limit",
                                      p->default_extra_recipient_limit, 0),
        .refill_limit = setting(name, "_recipient_refill_limit",
                                p->default_recipient_refill_limit, 1),
        .refill_delay_s =
            time_setting(name, "_recipient_refill_delay",
                         p->default_recipient_refill_delay, 1),
        .destination_rate_delay_s =
            time_setting(name, "_destination_rate_delay",
                         p->default_destination_rate_delay, 0),
        .transport_rate_delay_s =
            time_setting(name, "_transport_rate_delay",
                         p->default_transport_rate_delay, 0),
    };
    feedback_setting(name, "_destination_concurrency_positive_feedback",
                     p->default_destination_concurrency_positive_feedback,
                     &s.positive);
    feedback_setting(name, "_destination_concurrency_negative_feedback",
                     p->default_destination_concurrency_negative_feedback,
                     &s.negative);
    if (s.destination_rate_delay_s > 0)
        s.concurrency_limit = 1;
    return s;
}

/* The transport of that name with its settings from main.cf. */
static struct transport *transport_get(const char *name)
{
    struct transport *t = transport_find(&the_scheduler, name);
    if (t != NULL)
        return t;

    struct transport_settings settings = load_settings(name);
    return transport_new(&the_scheduler, name, &settings);
}

/* ---- Destinations ------------------------------------------------------ */

/* With one recipient a delivery, concurrency and dead destinations are a
 * matter of the recipient: user@nexthop, without the address extension. */
static const char *destination_name(struct arena *arena,
                                    const struct transport *t,
                                    const char *nexthop, const char *recipient)
{
    if (t->set.recipient_limit != 1)
        return nexthop;
    char *local = address_local(arena, recipient);
    char *extension = address_split_extension(
        local, common_params.recipient_delimiter,
        common_params.owner_request_special);
    if (extension != NULL)
        *extension = '\0';
    return text_lower(arena_printf(arena, "%s@%s", local, nexthop));
}

static struct destination *destination_get(struct transport *t,
                                           const char *name,
                                           const char *nexthop)
{
    struct destination *d = destination_find(t, name);

    return d != NULL ? d : destination_new(t, name, nexthop);
}

/* NULL: the retry service is dead as well. */
static struct destination *retry_destination(const char *status,
                                             const char *reason)
{
    struct transport *t = transport_get(RETRY_SERVICE);
    if (t->hold.state == RUN_DEAD)
        return NULL;

    char *nexthop = mem_printf("%s %s", status, reason);
    struct destination *d = destination_get(t, nexthop, nexthop);
    free(nexthop);
    if (d->hold.state != RUN_DEAD)
        return d;
    return NULL;
}

/* Where to queue; or NULL with the reason in <why> that it cannot be. */
static struct destination *route_destination(struct message *m,
                                             struct arena *arena,
                                             const struct route *route,
                                             const struct suspension **why)
{
    struct transport *t = transport_get(route->transport);
    const char *name =
        destination_name(arena, t, route->nexthop, route->to.address);

    if (t->hold.state == RUN_DEAD && (m->flags & MESSAGE_UNTHROTTLE))
        transport_resume(t);
    if (t->hold.state == RUN_DEAD) {
        *why = &t->hold;
        return NULL;
    }
    struct destination *d = destination_find(t, name);
    if (d != NULL && d->hold.state == RUN_DEAD &&
        (m->flags & MESSAGE_UNTHROTTLE)) {
        destination_resume(d);
        d = destination_find(t, name);
    }
    if (d == NULL)
        return destination_new(t, name, route->nexthop);
    if (d->hold.state != RUN_DEAD)
        return d;
    *why = &d->hold;
    return NULL;
}

/* ---- Clogged queue ----------------------------------------------------- */

/* What helps depends on whether the destination is as busy as it may be. */
static void give_advice(const struct destination *d)
{
    const struct transport *t = d->transport;
    long limit = t->set.concurrency_limit;

    if (limit == 0 || d->window < limit) {
        log_warning("you may need to reduce %s connect and helo timeouts",
                    t->name);
        log_warning("so that Postfix quickly skips unavailable hosts");
        log_warning("you may need to increase the main.cf "
                    "minimal_backoff_time and maximal_backoff_time");
        log_warning("so that Postfix wastes less time on undeliverable mail");
    } else {
        log_warning("you may need to increase the main.cf %s"
                    "_destination_concurrency_limit from %ld",
                    t->name, limit);
    }
    if (d->busy < d->window)
        log_warning("you may need to increase the master.cf %s process limit",
                    t->name);
    log_warning("please avoid flushing the whole queue when you have");
    log_warning("lots of deferred mail, that is bad for performance");
    log_warning("to turn off these warnings specify: qmgr_clog_warn_time = 0");
}

/* Once in a while, when one destination has more than its share. */
static void warn_if_clogged(struct destination *d)
{
    long limit = qmgr_params.qmgr_message_active_limit;
    deadline_t now = clock_now();

    if (!common_params.helpful_warnings ||
        qmgr_params.qmgr_clog_warn_time <= 0 ||
        d->todo + d->busy <= limit / 5 || now < d->clog_warn_after)
        return;
    d->clog_warn_after = now + qmgr_params.qmgr_clog_warn_time * 1000L;
    log_warning("mail for %s is using up %ld of %ld active queue entries",
                d->nexthop, d->todo + d->busy, active_count());
    give_advice(d);
}

/* ---- Entries ----------------------------------------------------------- */

struct placed {
    struct recipient to;
    struct destination *destination;
};

static int compare_texts(const char *a, const char *b)
{
    if (a == NULL || b == NULL)
        return (a != NULL) - (b != NULL);
    return strcasecmp(a, b);
}

/* By transport, destination, domain and address. */
static int compare_placed(const void *left, const void *right)
{
    const struct placed *a = left, *b = right;

    int order = strcmp(a->destination->transport->name,
                       b->destination->transport->name);
    if (order == 0)
        order = strcmp(a->destination->name, b->destination->name);
    if (order == 0)
        order = compare_texts(address_domain(a->to.address),
                              address_domain(b->to.address));
    return order != 0 ? order : compare_texts(a->to.address, b->to.address);
}

static bool may_join(const struct message *m, const struct placed *first,
                     const struct placed *other, long so_far)
{
    long limit = first->destination->transport->set.recipient_limit;

    return other->destination == first->destination &&
           (limit == 0 || so_far < limit) && *m->envelope.verp == '\0';
}

static void make_entries(struct message *m, struct batch *batch,
                         struct placed *placed, size_t count)
{
    struct arena *keep = batch->arena != NULL ? batch->arena : m->arena;
    struct recipient *all = arena_array(keep, count, sizeof *all);
    deadline_t now = clock_now();

    for (size_t i = 0, end; i < count; i = end) {
        end = i;
        do {
            all[end] = placed[end].to;
            end++;
        } while (end < count &&
                 may_join(m, &placed[i], &placed[end], (long)(end - i)));
        entry_new(m, placed[i].destination, batch, all + i, end - i, now);
    }
}

/* The recipient cannot be queued where it should be: the retry service will
 * say so. If that is dead as well, an entry without a place is made, for
 * defer_entries. */
static bool place_at_retry(struct placed *placed, const struct suspension *why)
{
    placed->destination = retry_destination(why->status, why->reason);
    return placed->destination != NULL;
}

static struct entry *loose_entry(struct message *m, struct batch *batch,
                                 const struct recipient *to)
{
    struct arena *keep = batch->arena != NULL ? batch->arena : m->arena;
    struct entry *e = mem_zalloc(sizeof *e);

    e->message = m;
    e->batch = batch;
    e->recipients = arena_memdup(keep, to, sizeof *to);
    e->count = 1;
    batch->users++;
    m->schedule.entries++;
    m->schedule.recipients++;
    the_scheduler.recipients++;
    return e;
}

void assign_routes(struct message *m, struct batch *batch,
                   struct route *routes, size_t count)
{
    struct arena *arena = arena_new();
    struct placed *placed = arena_array(arena, count + 1, sizeof *placed);
    size_t n = 0;

    for (size_t i = 0; i < count; i++) {
        const struct suspension *why = NULL;
        if (routes[i].is_discarded)
            continue;
        placed[n].to = routes[i].to;
        placed[n].destination =
            route_destination(m, arena, &routes[i], &why);
        if (placed[n].destination != NULL || place_at_retry(&placed[n], why)) {
            n++;
            continue;
        }
        struct list loose = LIST_INIT(loose);
        list_append(&loose, &loose_entry(m, batch, &routes[i].to)->node);
        defer_entries(&loose, why->status, why->reason);
    }
    qsort(placed, n, sizeof *placed, compare_placed);
    make_entries(m, batch, placed, n);
    for (size_t i = 0; i < n; i++)
        if (i == 0 || placed[i].destination != placed[i - 1].destination)
            warn_if_clogged(placed[i].destination);
    arena_free(arena);
}

/* ---- Giving up --------------------------------------------------------- */

static void send_to_retry(struct list *entries, const char *status,
                          const char *reason, bool is_retry)
{
    deadline_t now = clock_now();
    struct destination *d = is_retry || list_is_empty(entries)
                                ? NULL
                                : retry_destination(status, reason);

    if (d == NULL) {
        defer_entries(entries, status, reason);
        return;
    }
    LIST_EACH(node, entries) {
        list_remove(node);
        entry_rehome(CONTAINER_OF(node, struct entry, node), d, now);
    }
    deliver_kick(d->transport);
}

void assign_give_up_destination(struct destination *d)
{
    struct list entries = LIST_INIT(entries);

    destination_take_todo(d, &entries);
    send_to_retry(&entries, d->hold.status, d->hold.reason,
                  strcmp(d->transport->name, RETRY_SERVICE) == 0);
}

void assign_give_up_transport(struct transport *t)
{
    struct list entries = LIST_INIT(entries);
    size_t position = 0;
    void *value;

    while (hash_next(t->destinations, &position, NULL, &value)) {
        struct destination *d = value;
        destination_take_todo(d, &entries);
        destination_release(d);
    }
    send_to_retry(&entries, t->hold.status, t->hold.reason,
                  strcmp(t->name, RETRY_SERVICE) == 0);
}
