/* SPDX-License-Identifier: ISC
 *
 * main.c - error (and retry): every recipient gets the next hop text as its
 * reason. As service "error" it bounces, as "retry" it defers.
 */
#include <string.h>

#include "delivery/agent.h"

static void error_deliver(struct request *r)
{
    bool retry = strcmp(service_name(), "retry") == 0;
    struct dsn dsn;

    /* The text may begin with a status code of its own; its class decides
     * only among 4 and 5. */
    const char *fallback = retry ? "4.0.0" : "5.0.0";
    if (!retry && r->wire->nexthop[0] == '4' &&
        dsn_status_length(r->wire->nexthop) > 0)
        fallback = "4.0.0";
    dsn_split(r->arena, fallback, r->wire->nexthop, &dsn);
    dsn.action = NULL;
    for (size_t i = 0; i < r->count; i++)
        outcome_by_status(r, i, "none", &dsn);
}

static const struct delivery_agent agent = {
    .service = {
        .name = "error",
        .kind = SERVICE_STREAM,
        .sessions = SERVICE_ONE,
        .may = MAY_WRITE_QUEUE | MAY_READ_CONFIG,
        .queue_folders = "active",
    },
    .deliver = error_deliver,
};

int main(int argc, char **argv)
{
    return delivery_main(&agent, argc, argv);
}
