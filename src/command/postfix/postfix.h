/* SPDX-License-Identifier: ISC
 *
 * postfix.h - the parts of the postfix command.
 */
#ifndef POSTFIX_POSTFIX_H
#define POSTFIX_POSTFIX_H

#include <stdbool.h>
#include <sys/types.h>

#include "config/main_cf.h"
#include "config/master_cf.h"

struct command {
    struct config *config;
    int verbose;
    bool debug;
    char **arguments; /* after the subcommand, which stands before them;
                         NULL-terminated */
};

/* control.c, logrotate.c, check.c: each subcommand gives an exit status. */
int command_start_fg(struct command *command);
int command_start_daemon(struct command *command);
int command_stop(struct command *command);
int command_abort(struct command *command);
int command_reload(struct command *command);
int command_flush(struct command *command);
int command_status(struct command *command);
int command_logrotate(struct command *command);
int command_check(struct command *command);
/* set-permissions and the like, as the subcommand itself or behind it. */
int command_post_install_action(struct command *command);
int command_post_install(struct command *command);
/* Those that are scripts in daemon_directory. */
int command_tls(struct command *command);
int command_non_bdb(struct command *command);
/* With "non-bdb enable-reindex", and before the first start only: make the
 * tables of alias_maps, as nobody would ask nbdb_reindexd for them. */
void index_alias_maps(const struct command *command);

/* Say why the command is not obeyed; the exit status. As scripts are used to,
 * with a pause, so that a loop does no harm. */
int refuse(const char *text);
/* The process ID in the lock file if master runs, else 0. */
pid_t control_master_pid(void);
/* Run a program and wait for it: its exit status, or 1. */
int control_run(const char *const *argv);

/* Make folders that are missing, warn of other missing files and of wrong
 * owners and modes, or with <repair> change them. False: something could not
 * be made. */
bool check_files(struct config *config, bool repair);
/* Is the value of <name> a list in which type:name means a table? */
bool takes_tables(const char *classes, const char *name);
/* Warn of lookup tables without a file, or older than their source. */
void check_maps(struct config *config);
/* Warn of files in the queue's own etc and lib that are not as outside. */
void check_jail(void);
/* Add to master.cf what it lacks. False: something could not be mended. */
bool upgrade_configuration(struct command *command, struct config *config);
/* Log what postconf warns of. */
void repeat_doubts(const struct command *command);
/* main.cf and master.cf can be used as they are; each fault is logged. */
bool check_configuration(struct command *command);
/* The addresses in main.cf are some; each fault is logged. */
bool check_addresses(struct config *config);
/* Warn of settings that name a transport which <cf> does not have; the second:
 * if <name>, which is any setting, is one. */
void check_transports(struct config *config, const struct master_cf *cf);
void check_transport(const struct master_cf *cf, const char *where,
                     const char *name, const char *value);
/* Warn of a service that runs a command and does not say how. */
void check_attributes(struct config *config, const struct master_entry *entry,
                      const char *where);
/* Warn if <name> is a list of restrictions, or one of <classes>, and <value>
 * has words that the SMTP server will not understand. */
void check_restrictions(const char *classes, const char *where,
                        const char *name, const char *value);

#endif
