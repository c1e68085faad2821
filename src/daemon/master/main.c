/* SPDX-License-Identifier: ISC
 *
 * main.c - master: starts the daemons of master.cf on demand and watches over
 * them. The only process that stays root; it talks to nobody but its children.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fatal.h"
#include "base/log.h"
#include "base/num.h"
#include "base/priv.h"
#include "base/proc.h"
#include "config/main_cf.h"
#include "config/params.h"
#include "master.h"
#include "service/confine.h"
#include "service/setup.h"

enum { START_LIMIT_MS = 60000 };

static struct master_facts facts;

const struct master_facts *master_facts(void)
{
    return &facts;
}

_Noreturn static void usage(void)
{
    fatal("usage: master [-c config_dir] [-D (debug)] [-d (don't detach from "
          "terminal)] [-e exit_time] [-i (init mode)] [-s (keep stdout open)] "
          "[-t (test)] [-v] [-w (wait for initialization)]");
}

static struct master_options parse_options(int argc, char **argv)
{
    struct master_options o = { .debug = getenv("MAIL_DEBUG") != NULL };
    int c;

    while ((c = getopt(argc, argv, "c:Dde:istvw")) != -1)
        switch (c) {
        case 'c': o.config_directory = optarg; break;
        case 'D': o.debug = true; break;
        case 'd': o.foreground = true; break;
        case 'e':
            if (!num_parse_long(optarg, 1, 86400 * 365, &o.exit_after_s))
                usage();
            break;
        case 'i': o.init = o.keep_stdout = true; break;
        case 's': o.keep_stdout = true; break;
        case 't': o.test = true; break;
        case 'v': o.verbose++; break;
        case 'w': o.wait = true; break;
        default: usage();
        }
    if (optind < argc || (o.wait && (o.test || o.foreground || o.init)))
        usage();
    if (o.init && getpid() != 1)
        fatal("-i is allowed only when master runs as process 1");
    return o;
}

/* Children that serve many clients each need more than the usual. */
static void raise_descriptor_limit(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return;
    limit.rlim_cur = limit.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &limit);
}

static void find_owner(void)
{
    struct error why = ERROR_NONE;

    if (!priv_user(common_params.mail_owner, &facts.owner_uid,
                   &facts.owner_gid, &why))
        fatal("parameter mail_owner: %s", why.text);
    facts.is_root = geteuid() == 0;
    if (facts.is_root && facts.owner_uid == 0)
        fatal("parameter mail_owner: user %s is the superuser; specify an "
              "account of its own",
              common_params.mail_owner);
    if (!facts.is_root && geteuid() != facts.owner_uid)
        fatal("master must be started by root, or by mail_owner (%s)",
              common_params.mail_owner);
}

static void read_parameters(const struct master_options *options)
{
    if (options->config_directory != NULL &&
        setenv("MAIL_CONFIG", options->config_directory, 1) != 0)
        fatal("setenv: %m");
    const char *directory = config_default_directory();
    reload_first(directory);
    find_owner();
    facts.verbose = options->verbose;
    facts.is_init = options->init;
    log_set_verbose(options->verbose);
    if (chdir(common_params.queue_directory) != 0)
        fatal("chdir %s: %m; run \"postfix check\"",
              common_params.queue_directory);
}

static void open_flow_pipe(void)
{
    int ends[2];

    if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0)
        fatal("pipe: %m");
    facts.flow_read = ends[0];
    facts.flow_write = ends[1];
}

/* ---- Becoming a daemon ------------------------------------------------- */

/* The parent: until the child says that it is ready, or has gone. */
_Noreturn static void wait_for_child(int fd)
{
    struct pollfd ready = { .fd = fd, .events = POLLIN };
    char byte;

    while (poll(&ready, 1, START_LIMIT_MS) < 0 && errno == EINTR)
        ;
    _exit(read(fd, &byte, 1) == 1 ? 0 : 1);
}

/* In the child: the descriptor on which the parent waits. */
static int start_in_background(void)
{
    int ends[2];

    if (pipe2(ends, O_CLOEXEC) != 0 || fcntl(ends[0], F_SETFL, O_NONBLOCK))
        fatal("pipe: %m");
    pid_t pid = fork();
    if (pid < 0)
        fatal("fork: %m");
    if (pid == 0) {
        close(ends[0]);
        return ends[1];
    }
    close(ends[1]);
    wait_for_child(ends[0]);
}

static void leave_terminal(const struct master_options *options)
{
    if (options->foreground)
        return;
    if (!options->init)
        setsid();
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null < 0)
        fatal("open /dev/null: %m");
    dup2(null, STDIN_FILENO);
    if (!options->keep_stdout)
        dup2(null, STDOUT_FILENO);
    dup2(null, STDERR_FILENO);
    if (null > STDERR_FILENO)
        close(null);
    setup_early_log("master", false);
    reload_log();
}

/* ---- Signals ----------------------------------------------------------- */

static void child_ended(int number, void *argument)
{
    (void)number;
    (void)argument;
    reap_children();
}

static void reload_asked(int number, void *argument)
{
    (void)number;
    (void)argument;
    if (!stop_is_under_way())
        reload_again();
}

static void stop_asked(int number, void *argument)
{
    (void)argument;
    if (number == SIGINT)
        stop_now(number);
    else
        stop_orderly(number);
}

/* A log or a socket without a reader is an error of the write. A handler, as
 * that is not inherited by those who are started. */
static void nobody_reads(int number, void *argument)
{
    (void)number;
    (void)argument;
}

static void watch_signals(void)
{
    loop_signal(SIGPIPE, nobody_reads, NULL);
    loop_signal(SIGCHLD, child_ended, NULL);
    loop_signal(SIGHUP, reload_asked, NULL);
    loop_signal(SIGTERM, stop_asked, NULL);
    loop_signal(SIGINT, stop_asked, NULL);
    loop_signal(SIGQUIT, stop_asked, NULL);
}

static void time_is_over(void *argument)
{
    (void)argument;
    exit(0);
}

/* debugger_command knows our process ID by $process_id. */
static void start_debugger(void)
{
    if (common_params.debugger_command[0] == '\0')
        fatal("option -D or MAIL_DEBUG: debugger_command is empty; set it in "
              "main.cf");
    if (system(common_params.debugger_command) != 0)
        log_warning("debugger_command failed");
}

/* What daemons are to give up, this process cannot have either; it says once
 * for all of them what the system does not let them give up. */
static void confine(void)
{
    if (!postwain_params.postwain_confinement) {
        log_warning("postwain_confinement = no: daemons can do all that their "
                    "user can");
        return;
    }
    if (facts.is_root && !confine_master())
        log_warning("root may not give up capabilities here: set-uid programs "
                    "that commands run get what this system gives them");
    confine_warn_missing();
}

int main(int argc, char **argv)
{
    umask(077);
    priv_open_standard_descriptors();
    proc_close_from(STDERR_FILENO + 1);
    setup_early_log("master", true);
    const struct master_options options = parse_options(argc, argv);
    read_parameters(&options);
    if (options.test)
        return lock_is_free() ? 0 : 1;

    int parent = options.wait ? start_in_background() : -1;
    lock_take();
    raise_descriptor_limit();
    open_flow_pipe();
    watch_signals();
    reload_services_first();
    leave_terminal(&options);
    if (options.debug)
        start_debugger();
    if (options.exit_after_s > 0)
        loop_timer_set(loop_timer_new(time_is_over, NULL),
                       deadline_in_s((int)options.exit_after_s));
    log_info("daemon started -- version %s, configuration %s",
             common_params.mail_version, getenv("MAIL_CONFIG"));
    if (!facts.is_root)
        log_info("started by %s, not root: daemons keep this identity, and "
                 "the chroot and unprivileged columns of master.cf do nothing",
                 common_params.mail_owner);
    confine();
    if (parent >= 0 && write(parent, "", 1) == 1)
        close(parent);
    loop_run();
    return 0;
}
