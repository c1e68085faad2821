/* SPDX-License-Identifier: ISC
 *
 * main.c - error (and retry): every recipient gets the next hop text as its
 * reason. As service "error" it bounces, as "retry" it defers, whatever status
 * the text begins with.
 */
#include <string.h>

#include "base/log.h"
#include "delivery/agent.h"

static void error_deliver(struct request *r)
{
    const char *fallback =
        strcmp(service_name(), "retry") == 0 ? "4.0.0" : "5.0.0";
    const char *text = r->wire->nexthop;
    struct dsn dsn;

    dsn_split(r->arena, fallback, text, &dsn);
    if (dsn_status_length(text) > 0 && *text != *fallback)
        log_warning("%s: ignoring the status of \"%s\": this service says %s; "
                    "specify a status that begins with %c, or the service %s",
                    r->status.queue_id, text, fallback, *fallback,
                    *fallback == '4' ? "error, which returns mail"
                                     : "retry, which defers it");
    if (*dsn.reason == '\0')
        dsn.reason = "?";
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
