/* SPDX-License-Identifier: ISC
 *
 * service.c - the skeleton of a daemon: from main() to the first client, and
 * the reasons to end.
 */
#include "service/service.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/array.h"
#include "base/fatal.h"
#include "base/log.h"
#include "base/num.h"
#include "base/priv.h"
#include "base/str.h"
#include "base/text.h"
#include "base/utf8.h"
#include "base/watchdog.h"
#include "config/params.h"
#include "ipc/call.h"
#include "service/child_status.h"
#include "service/confine.h"
#include "service/setup.h"
#include "service_private.h"
#include "table/table.h"

#define SEATS_MAX            5000 /* of a service that multiplexes anyway */
#define DESCRIPTORS_A_CLIENT 4

static struct process process; /* constant after start, but for its end */

/* ---- facts ---- */

const char *service_name(void)
{
    return process.name;
}

const char *service_program(void)
{
    return process.program;
}

bool service_is_standalone(void)
{
    return process.is_standalone;
}

struct config *service_config(void)
{
    return process.config;
}

char **service_arguments(void)
{
    return process.arguments;
}

/* ---- options ---- */

struct options {
    struct process *process;
    struct {
        ARRAY_OF(char *);
    } settings; /* name, value, ...; owned */
};

static void add_setting(struct options *o, const char *name, const char *value)
{
    ARRAY_ADD(&o->settings, mem_strdup(name));
    ARRAY_ADD(&o->settings, mem_strdup(value));
}

static void take_setting(struct options *o, const char *text)
{
    char *copy = mem_strdup(text), *name, *value;

    if (!text_split_nameval(copy, &name, &value))
        fatal("invalid \"-o %s\" option value: missing '=' after attribute "
              "name",
              text);
    add_setting(o, name, value);
    free(copy);
}

static void take_listeners(struct process *p, const char *text)
{
    long count;

    if (!num_parse_long(text, 1, 1000, &count))
        fatal("invalid socket_count: %s", text);
    p->listeners = (int)count;
}

static void take_retire_time(struct process *p, const char *text)
{
    long seconds;

    if (!num_parse_long(text, 1, INT_MAX, &seconds))
        fatal("invalid retirement time: %s", text);
    p->retire_at = deadline_in_s((int)seconds);
}

static void take_option(struct options *o, int option)
{
    struct process *p = o->process;

    switch (option) {
    case 'c': p->must_chroot = true; return;
    case 'd': return; /* as always: not detached from the parent */
    case 'D': p->is_debugged = true; return;
    case 'i': add_setting(o, "max_idle", optarg); return;
    case 'l': p->is_limit_one = true; return;
    case 'm': add_setting(o, "max_use", optarg); return;
    case 'n': p->name = optarg; return;
    case 'o': take_setting(o, optarg); return;
    case 'r': take_retire_time(p, optarg); return;
    case 's': take_listeners(p, optarg); return;
    case 'S': p->is_standalone = true; return;
    case 't':
        if (!master_type_parse(optarg, &p->type))
            fatal("unsupported transport type: %s", optarg);
        return;
    case 'u': p->is_unprivileged = true; return;
    case 'v': log_set_verbose(log_verbose() + 1); return;
    case 'V': setup_log_to_stderr(); return;
    case 'z': p->is_limit_none = true; return;
    default: fatal("invalid option: %c", optopt);
    }
}

static void read_options(struct options *o, int argc, char **argv)
{
    struct process *p = o->process;
    const char *slash = strrchr(argv[0], '/');
    int option;

    p->program = slash != NULL ? slash + 1 : argv[0];
    p->name = p->program;
    p->listeners = 1;
    p->retire_at = DEADLINE_NEVER;
    p->type = MASTER_UNIX;
    opterr = 0;
    while ((option = getopt(argc, argv, "+cdDi:lm:n:o:r:s:St:uvVz")) >= 0)
        take_option(o, option);
    p->arguments = argv + optind;
}

/* ---- checks ---- */

/* Somebody who looks at a terminal does not look into the log. */
static _Noreturn void refuse_hands(const struct process *p)
{
    if (isatty(STDERR_FILENO))
        setup_early_log(p->service->name, true);
    fatal("do not run this command by hand");
}

static void check_start(const struct process *p)
{
    unsigned flags = p->service->flags;

    if (p->is_standalone) {
        if (!(flags & SERVICE_STANDALONE))
            fatal("program %s cannot serve standard input", p->program);
        return;
    }
    if (fcntl(SERVICE_STATUS_FD, F_GETFD) < 0)
        refuse_hands(p);
    if ((flags & SERVICE_PRIVILEGED) && p->is_unprivileged)
        fatal("service %s requires privileged operation", p->name);
    if ((flags & SERVICE_SOLITARY) && !p->is_limit_one)
        fatal("service %s requires a process limit of 1", p->name);
    if ((flags & SERVICE_NO_LIMIT) && !p->is_limit_none)
        fatal("service %s requires a process limit of 0", p->name);
    bool fits = p->service->kind == SERVICE_DATAGRAM
                    ? p->type == MASTER_UNIX_DGRAM
                    : p->type != MASTER_UNIX_DGRAM;
    if (p->type == MASTER_PASS)
        fits = (flags & SERVICE_PASS) != 0;
    if (p->type == MASTER_FIFO)
        fits = p->service->kind == SERVICE_TRIGGER;
    if (!fits)
        fatal("service %s: unsupported transport type: %s", p->name,
              master_type_name(p->type));
}

/* ---- parameters ---- */

/* The LMTP client is the SMTP client with parameters of its own. */
static bool load_group(const struct process *p, const struct param_group *group,
                       struct error *why)
{
    const char *prefix = p->service->twin_prefix;

    if (prefix != NULL && strcmp(p->program, prefix) == 0)
        return param_group_load_lmtp(p->config, group, why);
    return param_group_load(p->config, group, why);
}

static void load_parameters(const struct process *p)
{
    static const struct param_group *const always[] = {
        &common_param_group, &table_param_group, &non_bdb_param_group,
        &postwain_param_group, NULL,
    };
    struct error why = ERROR_NONE;

    if (!config_load_groups(p->config, always, &why))
        fatal("%s", why.text);
    const struct param_group *const *group = p->service->groups;
    for (; group != NULL && *group != NULL; group++)
        if (!load_group(p, *group, &why))
            fatal("%s", why.text);
}

/* Has the service this option? */
static bool has_setting(const struct master_entry *entry, const char *wanted,
                        const char *wanted_value)
{
    struct arena *arena = arena_new();
    size_t position = 0;
    const char *setting;
    bool found = false;

    while (!found &&
           (setting = master_entry_next_setting(entry, &position)) != NULL) {
        char *name, *value;
        found = text_split_nameval(arena_strdup(arena, setting), &name,
                                   &value) &&
                strcmp(name, wanted) == 0 && strcmp(value, wanted_value) == 0;
    }
    arena_free(arena);
    return found;
}

/* Options come from master.cf, and complaints about them say where. */
static void override_settings(struct options *o)
{
    struct process *p = o->process;
    struct error why = ERROR_NONE;
    struct master_cf *cf = NULL;
    const struct master_entry *entry = NULL;

    if (o->settings.count > 0 && !p->is_standalone) {
        char *path = mem_printf("%s/master.cf", config_directory(p->config));
        cf = master_cf_load(path, &why);
        free(path);
    }
    if (cf != NULL)
        entry = master_cf_find(cf, p->name, p->type);
    for (size_t i = 0; i < o->settings.count; i += 2) {
        const char *name = o->settings.items[i];
        const char *value = o->settings.items[i + 1];
        bool is_known = entry != NULL && has_setting(entry, name, value);
        config_override_at(p->config, name, value, is_known ? cf->path : NULL,
                           is_known ? entry->line : 0);
    }
    master_cf_free(cf);
}

static void configure(struct options *o)
{
    struct process *p = o->process;
    struct error why = ERROR_NONE;

    p->config = config_load(config_default_directory(), &why);
    if (p->config == NULL)
        fatal("%s", why.text);
    override_settings(o);
    config_set_process(p->config, p->program, p->name);
    load_parameters(p);
    if (chdir(common_params.queue_directory) != 0)
        fatal("chdir(\"%s\"): %m", common_params.queue_directory);
    setup_libraries(p->config, p->program);
}

/* How many clients at a time, and how many in all. */
static void set_limits(struct process *p)
{
    const char *text = getenv("MASTER_CLIENT_LIMIT");
    long limit = 0;
    struct rlimit files;

    if (text != NULL && !num_parse_long(text, 1, LONG_MAX, &limit))
        limit = 0;
    if (limit > SEATS_MAX)
        limit = SEATS_MAX;
    switch (p->service->sessions) {
    case SERVICE_ONE: p->seats = 1; break;
    case SERVICE_BY_LIMIT: p->seats = limit > 1 ? limit : 1; break;
    case SERVICE_MANY: p->seats = limit > 1 ? limit : SEATS_MAX; break;
    }
    p->uses_left = common_params.max_use * p->seats;
    if (p->service->sessions == SERVICE_MANY)
        p->uses_left = common_params.max_use;
    /* One that must be alone keeps what a successor could not know. */
    if (p->service->flags & (SERVICE_SOLITARY | SERVICE_NEVER_IDLE))
        p->uses_left = -1;
    if (p->seats == 1 || getrlimit(RLIMIT_NOFILE, &files) != 0)
        return;
    files.rlim_cur = files.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &files);
    (void)getrlimit(RLIMIT_NOFILE, &files);
    if (files.rlim_cur / DESCRIPTORS_A_CLIENT < (rlim_t)p->seats)
        p->seats = (long)(files.rlim_cur / DESCRIPTORS_A_CLIENT);
}

/* ---- jail ---- */

/* One on standard input is a command of the user's own, and sendmail -bs has
 * it run others. */
static bool is_confined(const struct process *p)
{
    return postwain_params.postwain_confinement && !p->is_standalone;
}

/* Only root can change who it is. Without root everything runs as the one
 * user that the instance belongs to. */
static void enter_jail(const struct process *p)
{
    struct error why = ERROR_NONE;
    uid_t uid;
    gid_t gid;

    if (geteuid() != 0)
        return;
    bool must_drop = p->is_unprivileged || p->is_standalone;
    if (must_drop && !priv_user(common_params.mail_owner, &uid, &gid, &why))
        fatal("mail_owner: %s", why.text);
    if (p->must_chroot) {
        tzset();
        utf8_load();
        if (chroot(common_params.queue_directory) != 0)
            fatal("chroot(%s): %m", common_params.queue_directory);
        if (chdir("/") != 0)
            fatal("chdir(/): %m");
    }
    if (is_confined(p))
        (void)confine_ceiling(p->service->may);
    if (must_drop)
        priv_drop(uid, gid);
}

/* From here on it can do what it has declared, and nothing else. Where
 * main.cf says otherwise, master has told so. */
static void confine(const struct process *p, bool is_by_root)
{
    const struct confinement confinement = {
        .may = p->service->may,
        .queue_folders = p->service->queue_folders,
        .config = p->config,
        .data_directory = common_params.data_directory,
        .is_by_root = is_by_root,
    };

    if (is_confined(p))
        confine_process(&confinement);
    else if (!p->is_standalone &&
             config_is_overridden(p->config, "postwain_confinement"))
        log_warning("service %s: postwain_confinement = no: the process can "
                    "do all that its user can",
                    p->name);
}

/* ---- the end of master, when it did not come in order ---- */

static void give_up_listeners(int number)
{
    (void)number;
    for (int i = 0; i < process.listeners; i++)
        (void)dup2(SERVICE_STATUS_FD, SERVICE_LISTEN_FD + i);
}

/* A session goes on to its end, maybe for long. The port must be free at once
 * for the next master. Set after the change of identity, which forgets it. */
static void watch_master(const struct process *p)
{
    struct sigaction action = { .sa_handler = give_up_listeners,
                                .sa_flags = SA_RESTART };

    if (p->type != MASTER_INET || p->is_standalone)
        return;
    sigemptyset(&action.sa_mask);
    if (sigaction(SIGUSR1, &action, NULL) != 0 ||
        prctl(PR_SET_PDEATHSIG, SIGUSR1) != 0)
        log_warning("watch for the end of master: %m");
}

static void debug_process(const struct process *p)
{
    if (!p->is_debugged)
        return;
    if (common_params.debugger_command[0] == '\0')
        fatal("no debugger_command defined");
    if (system(common_params.debugger_command) != 0)
        log_warning("debugger_command failed");
}

/* ---- the end ---- */

bool service_is_over(struct process *p)
{
    /* Asked also while it retires: clients that stay must not stay with what
     * is out of date. The change is logged once. */
    if (!p->has_old_tables)
        p->has_old_tables = table_any_changed();
    if (p->has_old_tables || p->uses_left == 0 ||
        deadline_left_ms(p->retire_at) == 0)
        p->is_retiring = true;
    return p->is_retiring;
}

static _Noreturn void leave(struct process *p)
{
    if (p->service->leaving != NULL)
        p->service->leaving();
    exit(0);
}

/* ---- main ---- */

/* For tests, and for administrators who want to know. */
static int print_declaration(const struct service *service)
{
    struct str text = STR_EMPTY;

    confine_describe(service, &text);
    printf("%s: %s\n", service->name, text.data);
    str_fini(&text);
    return 0;
}

static void run(struct process *p)
{
    bool many = p->seats > 1 || p->service->background != NULL;

    if (p->is_standalone)
        connection_serve_standalone(p);
    else if (many)
        accept_many(p);
    else
        accept_one_at_a_time(p);
}

int service_main(const struct service *service, int argc, char **argv)
{
    struct process *p = &process;
    struct options options = { .process = p, .settings = ARRAY_EMPTY };

    p->service = service;
    if (argc == 2 && strcmp(argv[1], "--may") == 0)
        return print_declaration(service);
    umask(077);
    signal(SIGPIPE, SIG_IGN);
    priv_open_standard_descriptors();
    setup_early_log(service->name, false);
    read_options(&options, argc, argv);
    check_start(p);
    if (!p->is_standalone)
        ipc_depend_on_parent();
    configure(&options);
    set_limits(p);
    debug_process(p);
    if (service->before_jail != NULL)
        service->before_jail();
    bool is_by_root = geteuid() == 0;
    if (service->kind != SERVICE_DATAGRAM) /* postlogd is one */
        log_connect();
    enter_jail(p);
    watch_master(p);
    watchdog_start(common_params.daemon_timeout);
    if (service->after_jail != NULL)
        service->after_jail();
    confine(p, is_by_root);
    run(p);
    leave(p);
}
