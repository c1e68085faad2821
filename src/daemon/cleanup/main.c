/* SPDX-License-Identifier: ISC
 *
 * main.c - cleanup: every new message passes here on its way into the queue.
 */
#include "base/file.h"
#include "base/log.h"
#include "ipc/call.h"
#include "message.h"
#include "service/service.h"

/* For rewriting: those who post mail wait for us. */
enum { PATIENCE_S = 100 };

static void before_jail(void)
{
    file_learn_order(common_params.queue_directory);
    ipc_set_patience(PATIENCE_S);
    rewrite_set_up();
    masquerade_set_up();
    aliases_set_up();
    bcc_set_up();
    checks_set_up();
    header_set_up();
    content_set_up();
    if (*milter_params.non_smtpd_milters != '\0')
        log_warning("non_smtpd_milters: mail filters are not built yet; "
                    "mail passes without them");
}

static const struct param_group *const groups[] = {
    &address_param_group, &cleanup_param_group, &message_param_group,
    &milter_param_group,  &queue_param_group,   NULL,
};

static const struct service cleanup = {
    .name = "cleanup",
    .groups = groups,
    .kind = SERVICE_STREAM,
    .sessions = SERVICE_BY_LIMIT,
    .may = MAY_WRITE_QUEUE | MAY_READ_CONFIG,
    .queue_folders = "incoming hold bounce defer trace public",
    .serve = session_serve,
    .before_jail = before_jail,
};

int main(int argc, char **argv)
{
    return service_main(&cleanup, argc, argv);
}
