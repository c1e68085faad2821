/* SPDX-License-Identifier: ISC
 *
 * main.c - sendmail, mailq and newaliases: the old interface to the mail
 * system, which programs expect.
 *
 * It runs as the user who calls it, and owns nothing: a message goes to the
 * set-gid postdrop, and other commands serve the other modes. Whatever goes
 * wrong, the exit status asks the caller to keep the message and try again.
 */
#include <stdio.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/fatal.h"
#include "base/priv.h"
#include "config/params.h"
#include "sendmail.h"
#include "service/setup.h"

static void exit_try_again(void *unused)
{
    (void)unused;
    fflush(stdout);
    _exit(EX_TEMPFAIL);
}

int main(int argc, char **argv)
{
    static const struct param_group *const groups[] = {
        &address_param_group, &message_param_group, &submit_param_group, NULL
    };
    struct request request = { .mode = MODE_POST };

    priv_open_standard_descriptors();
    fatal_cleanup(exit_try_again, NULL);
    options_read_config(&request, argc, argv);
    const struct command_options options = {
        .program = request.program,
        .config_directory = request.config_directory,
        .groups = groups,
    };
    command_start(&options);
    if (chdir(common_params.queue_directory) != 0)
        fatal("chdir %s: %m", common_params.queue_directory);
    options_read(&request, argc, argv);
    if (request.mode != MODE_POST || request.flush_id != NULL ||
        request.flush_site != NULL || request.is_periodic)
        run_instead(&request);
    post_message(&request);
    return 0;
}
