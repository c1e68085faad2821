/* SPDX-License-Identifier: ISC
 *
 * main.c - pipe: mail to an external command of master.cf.
 *
 * All recipients of a request share one run of the command, and its fate.
 */
#include <limits.h>
#include <string.h>

#include "base/fatal.h"
#include "base/log.h"
#include "base/text.h"
#include "delivery/delivered_to.h"
#include "delivery/rights.h"
#include "pipe.h"

/* Constant after start. */
static struct attributes attributes;
static int time_limit_s;

static const struct dsn misconfigured = {
    "4.3.5", .reason = "mail system configuration error"
};

/* D: has the message been here, or is it not known? */
static bool loops(struct request *r, struct dsn *dsn)
{
    const char *address = r->recipients[0].address;

    switch (delivered_to_has(r, address)) {
    case ABSENT: return false;
    case FAILED: *dsn = delivered_to_unreadable; return true;
    case FOUND: break;
    }
    *dsn = (struct dsn){ "5.4.6", .reason = arena_printf(r->arena,
        "mail forwarding loop for %s", address) };
    return true;
}

/* Reasons not to run the command. */
static bool must_refuse(struct request *r, struct dsn *dsn)
{
    const struct attributes *a = &attributes;

    if (a->size_limit > 0 && r->wire->data_size > a->size_limit) {
        *dsn = (struct dsn){ "5.2.3", .reason = "message too large" };
        return true;
    }
    if ((a->flags & (PIPE_DELIVERED | PIPE_ORIGINAL)) && r->count > 1) {
        *dsn = misconfigured;
        log_warning("pipe flag `D' or `O' requires %s_destination_recipient_"
                    "limit = 1",
                    service_name());
        return true;
    }
    return (a->flags & PIPE_DELIVERED) && loops(r, dsn);
}

static void pipe_deliver(struct request *r)
{
    struct argument_list arguments = ARRAY_EMPTY;
    struct error why = ERROR_NONE;
    struct dsn dsn;

    if (must_refuse(r, &dsn)) {
        /* it is said why */
    } else if (!arguments_expand(&attributes, r, &arguments, &why)) {
        log_warning("file %s/master.cf: service %s: %s",
                    common_params.config_directory, service_name(), why.text);
        dsn = misconfigured;
    } else if (request_is_probe(r)) {
        dsn = (struct dsn){ "2.0.0", .reason = arena_printf(r->arena,
            "delivers to command: %s", arguments.items[0]) };
    } else {
        pipe_into_command(&attributes, time_limit_s, r, &arguments, &dsn);
    }
    ARRAY_FREE(&arguments);
    for (size_t i = 0; i < r->count; i++)
        outcome_by_status(r, i, service_name(), &dsn);
}

/* <service>_time_limit, or command_time_limit. */
static void read_time_limit(void)
{
    struct error why = ERROR_NONE;

    if (!param_family_time(service_config(), service_name(), "_time_limit",
                           (int)delivery_params.command_time_limit, 1,
                           INT_MAX, &time_limit_s, &why))
        fatal("%s", why.text);
}

static void read_attributes(void)
{
    struct attributes *a = &attributes;
    struct error why = ERROR_NONE;

    if (!attributes_of_pipe(a, arena_new(), service_arguments(),
                            common_params.mail_owner, &why))
        fatal("%s", why.text);
    if (a->folder == NULL)
        a->folder = a->chroot_folder ? NULL : common_params.queue_directory;
}

static void start(void)
{
    read_attributes();
    read_time_limit();
    delivery_set_status_filter("pipe_delivery_status_filter",
                               pipe_params.pipe_delivery_status_filter);
}

static void drop(void)
{
    rights_init(common_params.mail_owner);
}

static const struct param_group *const groups[] = {
    &pipe_param_group, &delivery_param_group, NULL,
};

static const struct delivery_agent agent = {
    .service = {
        .name = "pipe",
        .groups = groups,
        .kind = SERVICE_STREAM,
        .sessions = SERVICE_ONE,
        .flags = SERVICE_PRIVILEGED,
        .may = MAY_WRITE_QUEUE | MAY_EXEC | MAY_CHANGE_UID | MAY_CHROOT,
        .before_jail = start,
        .after_jail = drop,
    },
    .deliver = pipe_deliver,
};

int main(int argc, char **argv)
{
    return delivery_main(&agent, argc, argv);
}
