/* SPDX-License-Identifier: ISC
 *
 * aliases.c - virtual_alias_maps: one recipient becomes others.
 *
 * The addresses found are looked up in turn. One that leads to itself is
 * final, so that "list: list, archive" works.
 */
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "client/bounce.h"
#include "mail/dsn_notify.h"
#include "mail/find.h"
#include "message.h"

static struct maps *aliases;
static bool propagates;

void aliases_set_up(void)
{
    aliases = maps_open("virtual_alias_maps", address_params.virtual_alias_maps,
                        TABLE_FOLD | TABLE_UTF8);
    propagates = rewrite_propagates("virtual");
}

struct item {
    const char *address;
    bool is_final; /* it leads to itself */
};

struct expansion {
    struct message *m;
    const char *start;
    struct {
        ARRAY_OF(struct item);
    } list;
};

static void too_much(struct expansion *x, const char *what, const char *on)
{
    log_warning("%s: unreasonable virtual_alias_maps map %s for %s -- message "
                "not accepted, try again later",
                x->m->id, what, on);
    message_fail(x->m, CLEANUP_STAT_WRITE, "4.6.0 Alias expansion error");
}

static void too_long(struct message *m, const char *result)
{
    log_warning("%s: unreasonable virtual_alias_maps result %.300s... -- "
                "message not accepted, try again later",
                m->id, result);
    message_fail(m, CLEANUP_STAT_WRITE, "4.6.0 Alias expansion error");
}

/* Replace list[at] by the <count> addresses <found>. */
static void splice(struct expansion *x, size_t at, char **found, size_t count)
{
    const char *old = x->list.items[at].address;

    for (size_t i = 0; i < count; i++) {
        const char *to =
            rewrite_internal(x->m->results, REWRITE_LOCAL, found[i]);
        if ((long)strlen(to) >
            cleanup_params.virtual_alias_address_length_limit) {
            too_long(x->m, to);
            return;
        }
        const struct item item = { to, text_equal_nocase(to, old) };
        if (i == 0)
            x->list.items[at] = item;
        else
            ARRAY_ADD(&x->list, item);
    }
}

/* One lookup of list[at]. True if it has become something else. */
static bool expand_once(struct expansion *x, size_t at)
{
    const char *address = x->list.items[at].address;
    char **found;
    size_t count;

    switch (find_addresses(aliases, x->m->results, address,
                           rewrite_find_options(), propagates, &found,
                           &count)) {
    case FOUND: break;
    case ABSENT: return false;
    case FAILED:
        message_defer_lookup(x->m, "virtual_alias_maps", x->start);
        return false;
    }
    splice(x, at, found, count);
    if ((long)x->list.count > cleanup_params.virtual_alias_expansion_limit)
        too_much(x, "expansion size", x->start);
    return true;
}

static void expand_all(struct expansion *x)
{
    for (size_t at = 0; at < x->list.count && !message_failed(x->m); at++) {
        long depth = 0;
        while (!message_failed(x->m) && !x->list.items[at].is_final &&
               expand_once(x, at))
            if (++depth >= cleanup_params.virtual_alias_recursion_limit)
                too_much(x, "nesting", x->start);
    }
}

/* RFC 3461, section 5.2.7.3: a sender who asks for news of success hears of
 * the expansion, and from those behind it of failure and delay only. */
static void report_expansion(struct message *m, const char *address,
                             const struct pending_recipient *about)
{
    const struct status_message status = { .queue_id = m->id,
                                           .sender = m->sender };
    const struct recipient to = { .address = address,
                                  .original = address,
                                  .dsn_original = about->dsn_original,
                                  .dsn_notify = about->dsn_notify };
    const struct dsn dsn = { .status = "2.0.0", .reason = "alias expanded" };

    if (!trace_recipient(&status, &to, &dsn, "expanded"))
        message_fail(m, CLEANUP_STAT_WRITE, NULL);
}

static void write_all(struct expansion *x,
                      const struct pending_recipient *about)
{
    struct pending_recipient each = *about;
    bool expanded =
        x->list.count > 1 || !text_equal_nocase(x->list.items[0].address,
                                               x->start);

    if (expanded && (each.dsn_notify & DSN_NOTIFY_SUCCESS) &&
        about->dsn_original != NULL && !message_failed(x->m)) {
        report_expansion(x->m, x->start, about);
        each.dsn_notify &= ~DSN_NOTIFY_SUCCESS;
        if (each.dsn_notify == 0)
            each.dsn_notify = DSN_NOTIFY_NEVER;
    }
    for (size_t i = 0; i < x->list.count; i++)
        recipient_write(x->m, x->list.items[i].address, &each);
}

void aliases_expand(struct message *m, const char *address,
                    const struct pending_recipient *about)
{
    struct expansion x = { .m = m, .start = address };

    if (!(m->flags & CLEANUP_MAP) || maps_is_empty(aliases)) {
        recipient_write(m, address, about);
        return;
    }
    ARRAY_ADD(&x.list, ((struct item) { address, false }));
    expand_all(&x);
    write_all(&x, about);
    ARRAY_FREE(&x.list);
}
