/* SPDX-License-Identifier: ISC
 *
 * main.c - postfix: start, stop, reload and check the mail system.
 *
 * What it says goes to the terminal and to the log, under the tag that log
 * readers know from the script that did this work before.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fatal.h"
#include "base/log.h"
#include "base/priv.h"
#include "base/str.h"
#include "config/compat.h"
#include "config/params.h"
#include "postfix.h"
#include "service/setup.h"

#ifndef POSTWAIN_VERSION
#define POSTWAIN_VERSION "0.1"
#endif

#define STANDARD_PATH "/usr/bin:/bin:/usr/sbin:/sbin"

static const struct row {
    const char *name;
    int (*run)(struct command *command);
    bool takes_arguments;
    bool warns; /* says first what postconf has doubts about */
} rows[] = {
    { "start", command_start_daemon, false, true },
    { "start-fg", command_start_fg, false, true },
    { "stop", command_stop, false, false },
    { "quick-stop", command_stop, false, false },
    { "drain", command_stop, false, false },
    { "abort", command_abort, false, false },
    { "reload", command_reload, false, true },
    { "flush", command_flush, false, false },
    { "status", command_status, false, true },
    { "check", command_check, false, true },
    { "logrotate", command_logrotate, false, false },
    { "set-permissions", command_post_install_action, true, false },
    { "upgrade-configuration", command_post_install_action, true, false },
    { "post-install", command_post_install, true, false },
    { "tls", command_tls, true, false },
    { "non-bdb", command_non_bdb, true, false },
};

static const struct row *find_row(char **words)
{
    const char *name = words[0] != NULL ? words[0] : "";

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (strcmp(rows[i].name, name) == 0 &&
            (rows[i].takes_arguments || words[1] == NULL))
            return &rows[i];
    exit(refuse(mem_printf(
        "unknown command: '%s'. Usage: postfix start (or stop, reload, abort, "
        "flush, check, status, set-permissions, upgrade-configuration, "
        "logrotate)",
        name)));
}

/* Programs that we start see these, whatever their own main.cf says later. */
static void export_parameters(struct config *config)
{
    static const char *const names[] = {
        "command_directory", "daemon_directory", "data_directory",
        "html_directory",    "mail_owner",       "mailq_path",
        "manpage_directory", "meta_directory",   "newaliases_path",
        "openssl_path",      "queue_directory",  "readme_directory",
        "sendmail_path",     "setgid_group",     "shlib_directory",
        "compatibility_level",
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        setenv(names[i], config_get(config, names[i]), 1);
    setenv("config_directory", config_directory(config), 1);
    setenv("MAIL_CONFIG", config_directory(config), 1);
    setenv("PATH", STANDARD_PATH, 1);
}

/* All instances, unless -c or MAIL_CONFIG has named this one. */
static void hand_over_to_wrapper(struct config *config, char **words,
                                 bool one_instance)
{
    const char *wrapper = config_get(config, "multi_instance_wrapper");

    if (one_instance || common_params.multi_instance_directories[0] == '\0' ||
        wrapper[0] == '\0')
        return;
    if (words[0] != NULL && strcmp(words[0], "start-fg") == 0)
        exit(refuse("start-fg does not support multi_instance_directories"));
    struct str command = STR_EMPTY;
    str_set(&command, wrapper);
    for (char **word = words; *word != NULL; word++)
        str_addf(&command, " %s", *word);
    execl("/bin/sh", "sh", "-c", command.data, (char *)NULL);
    fatal("exec %s: %m", wrapper);
}

static void warn_of_old_defaults(struct config *config)
{
    if (!compat_is_below(config, COMPAT_LAST_LEVEL))
        return;
    setup_log_tag(config, "postfix", "postfix"); /* whatever syslog_name is */
    log_info("Postfix is using backwards-compatible default settings");
    log_info("See https://www.postfix.org/COMPATIBILITY_README.html for "
             "details");
    log_info("To disable backwards compatibility use \"postconf "
             "compatibility_level=" COMPAT_LAST_LEVEL "\" and \"postfix "
             "reload\"");
}

_Noreturn static void show_version(struct config *config)
{
    printf("Postwain %s (compatible with %s %s)\n", POSTWAIN_VERSION,
           config_get(config, "mail_name"),
           config_get(config, "mail_version"));
    exit(0);
}

struct options {
    const char *config_directory;
    int verbose;
    bool debug, version;
};

static struct options parse_options(int argc, char **argv)
{
    struct options o = { .config_directory = NULL };
    int c;

    if (argc > 1 && strcmp(argv[1], "--version") == 0) {
        o.version = true;
        return o;
    }
    while ((c = getopt(argc, argv, "+c:Dv")) != -1)
        switch (c) {
        case 'c': o.config_directory = optarg; break;
        case 'D': o.debug = true; break;
        case 'v': o.verbose++; break;
        default:
            fatal("usage: postfix [-c config_dir] [-Dv] command");
        }
    return o;
}

/* Folders below it are made; but another queue than that with the mail must
 * not come into being because of a slip of the pen. */
static void enter_queue(const struct row *row)
{
    const char *queue = common_params.queue_directory;

    if (chdir(queue) == 0)
        return;
    if (row->warns)
        fatal("chdir(%s): %m; if queue_directory is right, make it with: "
              "mkdir -p %s",
              queue, queue);
    if (chdir("/") != 0)
        fatal("chdir /: %m");
}

int main(int argc, char **argv)
{
    static const struct param_group *const groups[] = {
        &queue_param_group, &master_param_group, &install_param_group,
        &postlogd_param_group, NULL
    };
    bool one_instance = getenv("MAIL_CONFIG") != NULL;

    command_begin(argv, "postfix");
    const struct options options = parse_options(argc, argv);
    struct command_options start = {
        .program = "postfix",
        .config_directory = options.config_directory,
        .groups = groups,
    };
    if (options.config_directory != NULL)
        one_instance = true;
    struct command command = {
        .config = command_start(&start),
        .verbose = options.verbose,
        .debug = options.debug,
    };
    if (options.version)
        show_version(command.config);
    warn_of_old_defaults(command.config);
    setup_log_tag(command.config, "postfix",
                  mem_printf("%s/postfix-script", common_params.syslog_name));
    log_set_verbose(options.verbose);
    priv_clean_environment(common_params.import_environment);
    export_parameters(command.config);
    hand_over_to_wrapper(command.config, argv + optind, one_instance);
    const struct row *row = find_row(argv + optind);
    command.arguments = argv + optind + 1;
    enter_queue(row);
    if (row->warns)
        repeat_doubts(&command);
    return row->run(&command);
}
