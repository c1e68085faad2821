/* SPDX-License-Identifier: ISC
 *
 * main.c - qmgr, the queue manager; oqmgr is the same with another strategy.
 */
#include <string.h>

#include "base/log.h"
#include "base/watchdog.h"
#include "client/client.h"
#include "config/params.h"
#include "flow.h"
#include "message.h"
#include "service/service.h"

static void triggered(const char *bytes, size_t length)
{
    if (bytes != NULL)
        scan_request(bytes, length);
}

static void set_up_clients(void)
{
    struct client_setup setup = *client_setup();

    setup.ipc_timeout_s = qmgr_params.qmgr_ipc_timeout;
    client_set_up(&setup);
}

/* <name> cannot be more, or less, than <bound>. */
static void adjust(const char *name, const char *problem, const char *bound)
{
    log_warning("%s is %s than %s - adjusting %s", name, problem, bound, name);
}

static void adjust_parameters(void)
{
    if (qmgr_params.qmgr_message_recipient_limit <
        qmgr_params.qmgr_message_active_limit) {
        adjust("qmgr_message_recipient_limit", "smaller",
               "qmgr_message_active_limit");
        qmgr_params.qmgr_message_recipient_limit =
            qmgr_params.qmgr_message_active_limit;
    }
    if (queue_params.bounce_queue_lifetime >
        queue_params.maximal_queue_lifetime) {
        adjust("bounce_queue_lifetime", "larger", "maximal_queue_lifetime");
        queue_params.bounce_queue_lifetime =
            queue_params.maximal_queue_lifetime;
    }
}

static void after_jail(void)
{
    adjust_parameters();
    scheduler_init(&the_scheduler);
    the_scheduler.rotate = strcmp(service_program(), "oqmgr") == 0;
    the_scheduler.dead_limit = qmgr_params.qmgr_message_recipient_limit;
    feedback_set_debug(qmgr_params.destination_concurrency_feedback_debug);
    set_up_clients();
    active_set_up();
    watchdog_start(qmgr_params.qmgr_daemon_timeout);
}

static void background(void)
{
    deliver_set_up();
    flow_set_up();
    scan_recover_active();
    scan_run();
}

static const struct param_group *const groups[] = {
    &qmgr_param_group,    &queue_param_group, &message_param_group,
    &verify_param_group, NULL,
};

static const struct service qmgr = {
    .name = "qmgr",
    .groups = groups,
    .kind = SERVICE_TRIGGER,
    .sessions = SERVICE_MANY,
    .flags = SERVICE_SOLITARY | SERVICE_NEVER_IDLE,
    .may = MAY_WRITE_QUEUE,
    .queue_folders =
        "incoming active deferred hold bounce defer trace corrupt saved",
    .triggered = triggered,
    .after_jail = after_jail,
    .background = background,
};

int main(int argc, char **argv)
{
    return service_main(&qmgr, argc, argv);
}
