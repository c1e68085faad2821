/* SPDX-License-Identifier: ISC
 *
 * main.c - local: mail for the users of this system, and for aliases.
 */
#include <signal.h>
#include <sys/resource.h>

#include "base/fatal.h"
#include "base/log.h"
#include "delivery/delivered_to.h"
#include "local.h"

static void deliver_one(struct request *r, size_t index,
                        struct hash *delivered)
{
    struct job job = { .request = r,
                       .index = index,
                       .arena = r->arena,
                       .seen = hash_new(),
                       .delivered = delivered,
                       .forwards = forwards_new() };
    struct delivery d = { .job = &job,
                          .to = r->recipients[index],
                          .sender = r->wire->sender };

    first_time(&d, arena_printf(r->arena, "address %s of ", d.to.address));
    enum fate fate = deliver_recipient(&d);
    fate = fate_worse(fate, forwards_finish(job.forwards));
    if (fate == FINISHED)
        outcome_done(r, index);
    hash_free(job.seen, NULL);
}

static void local_deliver(struct request *r)
{
    struct hash *delivered = hash_new();

    bool readable = delivered_to_read(r, delivered);
    for (size_t i = 0; i < r->count; i++)
        if (readable)
            deliver_one(r, i, delivered);
        else
            outcome_deferred(r, i, service_name(), &delivered_to_unreadable);
    hash_free(delivered, NULL);
}

/* No file grows beyond mailbox_size_limit, not even by a command's doing. */
static void limit_files(long bytes)
{
    struct rlimit limit;

    signal(SIGXFSZ, SIG_IGN);
    if (bytes <= 0 || getrlimit(RLIMIT_FSIZE, &limit) < 0 ||
        (limit.rlim_cur != RLIM_INFINITY && limit.rlim_cur < (rlim_t)bytes))
        return;
    limit.rlim_cur = (rlim_t)bytes;
    setrlimit(RLIMIT_FSIZE, &limit);
}

static void start(void)
{
    long limit = local_params.mailbox_size_limit;
    long message = common_params.message_size_limit;

    if (limit > 0 && (message == 0 || limit < message))
        fatal("configuration error: mailbox_size_limit is smaller than "
              "message_size_limit");
    if (delivery_params.command_time_limit > common_params.ipc_timeout)
        log_warning("command_time_limit exceeds ipc_timeout: the queue "
                    "manager gives up before the command does");
    limit_files(limit);
    default_rights_init();
    delivery_set_status_filter("local_delivery_status_filter",
                               local_params.local_delivery_status_filter);
    alias_open();
    mailbox_open();
    transports_open();
}

static void drop(void)
{
    rights_init(common_params.mail_owner);
}

static const struct param_group *const groups[] = {
    &local_param_group, &delivery_param_group, &address_param_group,
    &message_param_group, NULL,
};

static const struct delivery_agent agent = {
    .service = {
        .name = "local",
        .groups = groups,
        .kind = SERVICE_STREAM,
        .sessions = SERVICE_ONE,
        .flags = SERVICE_PRIVILEGED,
        .may = MAY_READ_CONFIG | MAY_WRITE_QUEUE | MAY_EXEC |
               MAY_CHANGE_UID | MAY_OPEN_ALL,
        .before_jail = start,
        .after_jail = drop,
    },
    .deliver = local_deliver,
};

int main(int argc, char **argv)
{
    return delivery_main(&agent, argc, argv);
}
