/* SPDX-License-Identifier: ISC
 *
 * main.c - virtual: mail for users that only tables know.
 */
#include "base/fatal.h"
#include "delivery/rights.h"
#include "virtual.h"

static void deliver_one(struct request *r, size_t index)
{
    const char *address = r->recipients[index].address;
    struct place place;
    struct dsn dsn = { "4.3.5", .reason = "mail system configuration error" };

    switch (find_place(r->arena, address, &place)) {
    case FOUND: deliver_mailbox(r, index, &place); return;
    case FAILED: outcome_deferred(r, index, service_name(), &dsn); return;
    case ABSENT: break;
    }
    dsn.status = "5.1.1";
    dsn.reason = arena_printf(r->arena, "unknown user: \"%s\"", address);
    outcome_bounced(r, index, service_name(), &dsn);
}

static void virtual_deliver(struct request *r)
{
    for (size_t i = 0; i < r->count; i++)
        deliver_one(r, i);
}

static void start(void)
{
    long limit = virtual_params.virtual_mailbox_limit;
    long message = common_params.message_size_limit;

    if (limit > 0 && (message == 0 || limit < message))
        fatal("configuration error: virtual_mailbox_limit is smaller than "
              "message_size_limit");
    delivery_set_status_filter("virtual_delivery_status_filter",
                               virtual_params.virtual_delivery_status_filter);
    tables_open();
    mailbox_open();
}

static void drop(void)
{
    rights_init(common_params.mail_owner);
}

static const struct param_group *const groups[] = {
    &virtual_param_group, &delivery_param_group, &address_param_group,
    &message_param_group, NULL,
};

static const struct delivery_agent agent = {
    .service = {
        .name = "virtual",
        .groups = groups,
        .kind = SERVICE_STREAM,
        .sessions = SERVICE_ONE,
        .flags = SERVICE_PRIVILEGED,
        .may = MAY_READ_CONFIG | MAY_WRITE_QUEUE | MAY_CHANGE_UID,
        .before_jail = start,
        .after_jail = drop,
    },
    .deliver = virtual_deliver,
};

int main(int argc, char **argv)
{
    return delivery_main(&agent, argc, argv);
}
