/* SPDX-License-Identifier: ISC
 *
 * main.c - postlock: run a command while a mail folder is locked.
 */
#include <errno.h>
#include <string.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/fatal.h"
#include "base/log.h"
#include "mail/mailbox_lock.h"
#include "service/setup.h"

#define USAGE                                                           \
    "usage: postlock [-c config_dir] [-l lock_style] [-v] folder "      \
    "command..."

struct arguments {
    const char *config_directory, *lock_style;
    int verbose;
    char **words; /* folder, command, its arguments */
};

static struct arguments parse_arguments(int argc, char **argv)
{
    struct arguments a = { .lock_style = NULL };
    int c;

    while ((c = getopt(argc, argv, "+c:l:v")) != -1)
        switch (c) {
        case 'c': a.config_directory = optarg; break;
        case 'l': a.lock_style = optarg; break;
        case 'v': a.verbose++; break;
        default: fatal_status(EX_TEMPFAIL, USAGE);
        }
    if (argc - optind < 2)
        fatal_status(EX_TEMPFAIL, USAGE);
    a.words = argv + optind;
    return a;
}

static struct mailbox_lock_options lock_options(const char *style)
{
    struct error why = ERROR_NONE;
    int locks = mbox_locks_parse(style, &why);

    if (locks <= 0)
        fatal_status(EX_TEMPFAIL,
                     "unknown mailbox_delivery_lock value \"%s\" in \"%s\"",
                     style, style);
    return (struct mailbox_lock_options){
        .locks = (unsigned)locks,
        .attempts = (int)common_params.deliver_lock_attempts,
        .delay_s = common_params.deliver_lock_delay,
        .stale_s = common_params.stale_lock_time,
        .devices = true,
    };
}

/* The command gets all of our environment and descriptors but the folder's. */
static int run(char **command, int folder_fd)
{
    pid_t pid = -1;
    int status;

    for (long i = 0; pid < 0 && i < common_params.fork_attempts; i++) {
        if (i > 0)
            sleep((unsigned)common_params.fork_delay);
        pid = fork();
    }
    if (pid < 0)
        fatal_status(EX_TEMPFAIL, "fork %s: %s", command[0], strerror(errno));
    if (pid == 0) {
        close(folder_fd);
        execvp(command[0], command);
        fatal("execvp %s: %s", command[0], strerror(errno));
    }
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            fatal_status(EX_TEMPFAIL, "wait for %s: %s", command[0],
                         strerror(errno));
    return WIFEXITED(status) ? WEXITSTATUS(status) : EX_TEMPFAIL;
}

int main(int argc, char **argv)
{
    struct mailbox_lock lock;
    struct error why = ERROR_NONE;

    command_begin(argv, "postlock");
    const struct arguments a = parse_arguments(argc, argv);
    static const struct param_group *const groups[] = { &delivery_param_group,
                                                        NULL };
    const struct command_options command = {
        .program = "postlock",
        .config_directory = a.config_directory,
        .groups = groups,
        .no_syslog = true,
    };
    command_start(&command);
    log_set_verbose(a.verbose);

    const char *style = a.lock_style != NULL
                            ? a.lock_style
                            : delivery_params.mailbox_delivery_lock;
    const struct mailbox_lock_options options = lock_options(style);
    if (mailbox_lock_open(&lock, a.words[0], true, NULL, &options, &why) !=
        MAILBOX_LOCKED)
        fatal_status(EX_TEMPFAIL, "open file %s: %s", a.words[0], why.text);
    int status = run(a.words + 1, lock.fd);
    mailbox_lock_close(&lock);
    return status;
}
