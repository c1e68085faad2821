/* SPDX-License-Identifier: ISC
 *
 * setup.h - what every program of the suite does first, daemons and commands
 * alike.
 */
#ifndef SERVICE_SETUP_H
#define SERVICE_SETUP_H

#include <stdbool.h>

#include "config/main_cf.h"
#include "config/params.h"

/* Before the configuration is known: to the system log, or to postlogd if the
 * environment has POSTLOG_SERVICE. With <to_stderr>, also there. */
void setup_early_log(const char *program, bool to_stderr);

/* From now on also there. */
void setup_log_to_stderr(void);

/* Hand the parameters (group `common` and `table` must be loaded) to the
 * libraries that want options: log tag and targets, table, queue_dir, client.
 * Called by service_main and command_start; programs need not. Later changes
 * of the working directory do no harm. */
void setup_libraries(struct config *config, const char *program);

/* Only the log, as setup_libraries does it; the second form gives the whole
 * tag ("postfix/postfix-script"). */
void setup_log(struct config *config, const char *program);
void setup_log_tag(struct config *config, const char *program,
                   const char *tag);
/* False: what main.cf says of the log (group `common` is loaded) would be
 * fatal() in the others; <why> has the file and line. */
bool setup_log_check(struct config *config, struct error *why);
/* maillog_file_permissions; fatal() if the log cannot be set up. */
int setup_log_file_mode(struct config *config);

/* Before a command reads its options: descriptors 0-2 are open, what is wrong
 * goes to stderr and to the system log, and getopt() names the program
 * <program>, whatever the path it was called by. */
void command_begin(char **argv, char *program);

/* A command's beginning: descriptors 0-2 are open, a privileged (set-gid)
 * program cleans its environment; configuration from <config_directory> (-c,
 * NULL: MAIL_CONFIG or the default) with groups `common`, `table` and
 * <groups> (NULL-terminated, may be NULL); log to stderr and to the system
 * log. fatal() with a clear message if the configuration cannot be read.
 * Does not change the working directory. */
struct command_options {
    const char *program;           /* "postmap" */
    const char *config_directory;
    const struct param_group *const *groups;
    bool no_syslog;                /* stderr only (postconf) */
};
struct config *command_start(const struct command_options *options);

#endif
