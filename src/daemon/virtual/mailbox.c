/* SPDX-License-Identifier: ISC
 *
 * mailbox.c - a message into a virtual user's mailbox file or maildir.
 */
#include <string.h>

#include "base/fatal.h"
#include "delivery/rights.h"
#include "mail/mbox.h"
#include "mail/quote.h"
#include "virtual.h"

static int locks;

void mailbox_open(void)
{
    struct error why = ERROR_NONE;

    locks = mbox_locks_parse(virtual_params.virtual_mailbox_lock, &why);
    if (locks < 0)
        fatal("virtual_mailbox_lock: %s", why.text);
}

static void written(void *request)
{
    delivery_written(request);
}

static void set_copy(struct copy_options *copy, struct request *r,
                     size_t index)
{
    const struct recipient *to = &r->recipients[index];

    *copy = (struct copy_options){
        .return_path = quote_822_dup(r->arena, r->wire->sender),
        .original_to = common_params.enable_original_recipient
                           ? quote_822_dup(r->arena, to->original)
                           : NULL,
        .delivered_to = quote_822_dup(r->arena, to->address),
        .arrival = r->times.arrival.tv_sec,
        .written = written,
        .context = r,
    };
}

static bool append(struct request *r, struct copy_options *copy,
                   const struct place *place, struct dsn *dsn)
{
    struct mbox_options options = {
        .locks = (unsigned)locks,
        .lock_attempts = (int)common_params.deliver_lock_attempts,
        .lock_delay_s = common_params.deliver_lock_delay,
        .stale_lock_s = common_params.stale_lock_time,
        .size_limit = virtual_params.virtual_mailbox_limit,
        .owner = place->uid,
        .group = place->gid,
        .check_owner = delivery_params.strict_mailbox_ownership,
    };

    copy->from_line_sender =
        *r->wire->sender == '\0' ? "MAILER-DAEMON" : copy->return_path;
    copy->quote_from = copy->blank_line_at_end = true;
    if (mbox_append(place->path, r->message, copy, &options, r->arena, dsn)) {
        *dsn = (struct dsn){ "2.0.0", .reason = "delivered to mailbox" };
        return true;
    }
    if (strcmp(dsn->status, "5.2.0") == 0)
        dsn->status = "4.2.0"; /* the tables are wrong, not the recipient */
    dsn->reason = arena_printf(r->arena, "delivery failed to mailbox %s: %s",
                               place->path, dsn->reason);
    return false;
}

static bool add_file(struct request *r, const struct copy_options *copy,
                     const struct place *place, struct dsn *dsn)
{
    if (maildir_deliver(place->path, r->message, copy,
                        virtual_params.virtual_mailbox_limit,
                        common_params.myhostname, r->arena, dsn)) {
        *dsn = (struct dsn){ "2.0.0", .reason = "delivered to maildir" };
        return true;
    }
    dsn->reason = arena_printf(r->arena, "maildir delivery failed: %s",
                               dsn->reason);
    return false;
}

static bool is_maildir(const struct place *place)
{
    return place->path[strlen(place->path) - 1] == '/';
}

void deliver_mailbox(struct request *r, size_t index,
                     const struct place *place)
{
    struct error why = ERROR_NONE;
    struct copy_options copy;
    struct dsn dsn = { "2.0.0", .reason = is_maildir(place)
                                              ? "delivers to maildir"
                                              : "delivers to mailbox" };

    if (!request_is_probe(r)) {
        set_copy(&copy, r, index);
        if (!rights_take(place->uid, place->gid, &why)) {
            dsn = (struct dsn){ "4.3.0", .reason = why.text };
        } else {
            if (is_maildir(place))
                add_file(r, &copy, place, &dsn);
            else
                append(r, &copy, place, &dsn);
            rights_give_back();
        }
    }
    outcome_by_status(r, index, service_name(), &dsn);
}
