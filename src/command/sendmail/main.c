/* SPDX-License-Identifier: ISC
 *
 * main.c - sendmail, mailq and newaliases: the old interface to the mail
 * system, which programs expect.
 */
#include "sendmail.h"
#include "service/setup.h"

int main(int argc, char **argv)
{
    static const struct param_group *const groups[] = {
        &address_param_group, &message_param_group, &submit_param_group, NULL
    };
    struct request request = { .mode = MODE_POST };

    setup_early_log("sendmail", true);
    options_read(&request, argc, argv);
    const struct command_options options = {
        .program = "sendmail",
        .config_directory = request.config_directory,
        .groups = groups,
    };
    command_start(&options);
    options_check(&request);
    if (request.mode != MODE_POST && request.mode != MODE_VERIFY)
        run_instead(&request);
    post_message(&request);
    return 0;
}
