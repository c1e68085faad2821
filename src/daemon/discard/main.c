/* SPDX-License-Identifier: ISC
 *
 * main.c - discard: every recipient is "sent" to nowhere, the next hop text
 * being the reason that is logged.
 */
#include "delivery/agent.h"

static void discard_deliver(struct request *r)
{
    struct dsn dsn;

    dsn_split(r->arena, "2.0.0", r->wire->nexthop, &dsn);
    if (*dsn.reason == '\0')
        dsn.reason = "?";
    for (size_t i = 0; i < r->count; i++)
        outcome_sent(r, i, "none", &dsn);
}

static const struct delivery_agent agent = {
    .service = {
        .name = "discard",
        .kind = SERVICE_STREAM,
        .sessions = SERVICE_ONE,
        .may = MAY_WRITE_QUEUE | MAY_READ_CONFIG,
        .queue_folders = "active",
    },
    .deliver = discard_deliver,
};

int main(int argc, char **argv)
{
    return delivery_main(&agent, argc, argv);
}
