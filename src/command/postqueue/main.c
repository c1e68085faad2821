/* SPDX-License-Identifier: ISC
 *
 * main.c - postqueue: list the mail queue, or have it delivered now.
 *
 * It runs set-gid, for the sockets in public/; it opens no file for the user,
 * and asks daemons for everything. Its every failure is EX_UNAVAILABLE.
 */
#include <errno.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/fatal.h"
#include "base/log.h"
#include "base/priv.h"
#include "base/proc.h"
#include "base/sock.h"
#include "base/str.h"
#include "base/text.h"
#include "client/services.h"
#include "config/params.h"
#include "ipc/call.h"
#include "mail/address.h"
#include "mail/queue_id.h"
#include "postqueue.h"
#include "service/authorized.h"
#include "service/setup.h"
#include "table/match_list.h"

#define DOWN "Cannot flush mail queue - mail system is down"

enum action { NONE, FLUSH_ALL, FLUSH_FILE, FLUSH_SITE, LIST_TEXT, LIST_JSON };

struct options {
    const char *config_directory;
    enum action action;
    const char *argument; /* queue ID or site */
};

static void exit_unavailable(void *unused)
{
    (void)unused;
    fflush(stdout);
    _exit(EX_UNAVAILABLE);
}

static _Noreturn void usage(void)
{
    fatal("usage: postqueue -f | postqueue -i queueid | postqueue -j | "
          "postqueue -p | postqueue -s site");
}

static void set_action(struct options *o, enum action action)
{
    if (o->action != NONE)
        usage();
    o->action = action;
    o->argument = optarg;
}

static void read_options(struct options *o, int argc, char **argv)
{
    int option;

    while ((option = getopt(argc, argv, "c:fi:jps:v")) >= 0) {
        switch (option) {
        case 'c': o->config_directory = optarg; break;
        case 'f': set_action(o, FLUSH_ALL); break;
        case 'i': set_action(o, FLUSH_FILE); break;
        case 'j': set_action(o, LIST_JSON); break;
        case 'p': set_action(o, LIST_TEXT); break;
        case 's': set_action(o, FLUSH_SITE); break;
        case 'v':
            if (geteuid() == 0)
                log_set_verbose(log_verbose() + 1);
            break;
        default: usage();
        }
    }
    if (o->action == NONE || optind < argc)
        usage();
}

/* ---- Who may ----------------------------------------------------------- */

static bool is_mail_owner(uid_t uid)
{
    uid_t owner;
    gid_t group;

    return priv_user(common_params.mail_owner, &owner, &group, NULL) &&
           uid == owner;
}

static void check_user(const char *parameter, const char *list,
                       const char *what)
{
    uid_t uid = getuid();
    const struct passwd *entry = getpwuid(uid);
    const char *name = entry != NULL ? entry->pw_name : "unknown";

    if (uid == 0 || is_mail_owner(uid))
        return;
    if (!authorized_user(parameter, list, name))
        fatal("User %s(%ld) is not allowed to %s the mail queue", name,
              (long)uid, what);
}

/* From here on only daemons are written to. */
static void check_may_flush(void)
{
    signal(SIGPIPE, SIG_IGN);
    check_user("authorized_flush_users", submit_params.authorized_flush_users,
               "flush");
}

static void check_may_list(void)
{
    check_user("authorized_mailq_users", submit_params.authorized_mailq_users,
               "view");
}

/* ---- Delivery ---------------------------------------------------------- */

static void flush_all(void)
{
    static const char requests[] = "FADI";
    struct error why = ERROR_NONE;

    check_may_flush();
    if (!ipc_trigger("public", common_params.queue_service_name, requests,
                     strlen(requests), common_params.trigger_timeout, &why) ||
        !ipc_trigger("public", common_params.pickup_service_name, "W", 1,
                     common_params.trigger_timeout, &why))
        fatal(DOWN);
}

static int connect_public(const char *service)
{
    struct error why = ERROR_NONE;
    char *path =
        mem_printf("%s/public/%s", common_params.queue_directory, service);
    int fd = sock_connect_unix(
        path, deadline_in_s(common_params.ipc_timeout), &why);
    int saved = errno;

    free(path);
    errno = saved;
    return fd;
}

/* The client would wait for a daemon that does not run. */
static void check_flush_service(void)
{
    const char *service = common_params.flush_service_name;
    int fd = connect_public(service);

    if (fd < 0) {
        log_warning("connect to public/%s: %s", service, strerror(errno));
        fatal(DOWN);
    }
    close(fd);
}

static void flush_file(const char *id)
{
    if (!queue_id_is_valid(id))
        fatal("Cannot flush queue ID - invalid name: \"%.100s\"", id);
    check_may_flush();
    check_flush_service();
    if (flush_send_file(id) != FLUSH_OK)
        fatal(DOWN);
}

static enum answer is_eligible(const char *site)
{
    bool with_parents = text_lists_word(
        common_params.parent_domain_matches_subdomains, "fast_flush_domains");
    struct match_list *domains =
        match_list_open("fast_flush_domains", flush_params.fast_flush_domains,
                        MATCH_DOMAIN, with_parents ? MATCH_PARENT : 0);
    enum answer answer = match_list_has(domains, site, NULL, NULL);

    match_list_close(domains);
    return answer;
}

static void flush_site(const char *site)
{
    if (*site == '[' ? !domain_is_address_literal(site)
                     : !domain_is_hostname(site))
        fatal("Cannot flush mail queue - invalid destination: \"%.100s%s\"",
              site, strlen(site) > 100 ? "..." : "");
    check_may_flush();
    switch (is_eligible(site)) {
    case FOUND: break;
    case ABSENT:
        fatal("Flush service is not configured for destination \"%s\"", site);
    case FAILED: fatal(DOWN);
    }
    check_flush_service();
    switch (flush_send_site(site)) {
    case FLUSH_OK: return;
    case FLUSH_DENIED:
        fatal("Flush service is not configured for destination \"%s\"", site);
    case FLUSH_BAD: fatal("Invalid request: \"%s\"", site);
    default: fatal(DOWN);
    }
}

/* ---- Listing ----------------------------------------------------------- */

static void list(struct stream *in, enum action action)
{
    if (action == LIST_JSON)
        list_as_json(in);
    else
        list_as_text(in, common_params.enable_long_queue_ids);
    fflush(stdout);
}

/* While the mail system is down, the super-user can run the daemon. */
static void list_directly(enum action action)
{
    char *path = mem_printf("%s/showq", common_params.daemon_directory);
    char *config =
        mem_printf("MAIL_CONFIG=%s", common_params.config_directory);
    const char *const argv[] = { path, "-u", "-S", NULL };
    const char *const env[] = { config, NULL };
    struct error why = ERROR_NONE;
    int ends[2];

    if (pipe(ends) < 0)
        fatal("pipe: %s", strerror(errno));
    struct proc_options options = { .argv = argv, .env_add = env, .in = -1,
                                    .env_export = "PATH TZ LANG",
                                    .out = ends[1], .err = STDERR_FILENO };
    pid_t pid = proc_start(&options, &why);
    close(ends[1]);
    if (pid < 0)
        fatal("%s", why.text);

    struct stream *in = stream_open(ends[0]);
    int status;
    list(in, action);
    stream_close(in);
    if (!proc_wait(pid, DEADLINE_NEVER, &status) || status != 0)
        log_warning("process %s failed", path);
    free(path);
    free(config);
}

static void list_queue(enum action action)
{
    check_may_list();
    int fd = connect_public(common_params.showq_service_name);
    if (fd >= 0) {
        struct stream *in = stream_open(fd);
        stream_set_timeout(in, common_params.ipc_timeout);
        list(in, action);
        stream_close(in);
        return;
    }
    if (geteuid() != 0)
        fatal("Queue report unavailable - mail system is down (Connect to the "
              "Postfix showq service: %s)",
              strerror(errno));
    log_warning("Mail system is down -- accessing queue directly (Connect to "
                "the Postfix showq service: %s)",
                strerror(errno));
    list_directly(action);
}

static const struct param_group *const groups[] = {
    &flush_param_group, &submit_param_group, NULL,
};

int main(int argc, char **argv)
{
    struct options o = { .action = NONE };

    fatal_cleanup(exit_unavailable, NULL);
    command_begin(argv, "postqueue");
    read_options(&o, argc, argv);
    const struct command_options options = {
        .program = "postqueue",
        .config_directory = o.config_directory,
        .groups = groups,
    };
    command_start(&options);
    switch (o.action) {
    case FLUSH_ALL: flush_all(); break;
    case FLUSH_FILE: flush_file(o.argument); break;
    case FLUSH_SITE: flush_site(o.argument); break;
    case LIST_TEXT:
    case LIST_JSON: list_queue(o.action); break;
    case NONE: usage();
    }
    return 0;
}
