/* SPDX-License-Identifier: ISC
 *
 * main.c - spawn: run a command for each client, with the connection as its
 * standard input, output and error, as inetd does.
 */
#include <limits.h>
#include <paths.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fatal.h"
#include "base/file.h"
#include "base/log.h"
#include "base/proc.h"
#include "delivery/attributes.h"
#include "delivery/rights.h"
#include "service/service.h"

static struct {
    struct arena *arena; /* of the attributes */
    struct attributes attributes;
    int time_limit_s;
} spawn;

/* ---- attributes ---- */

static void read_attributes(void)
{
    struct error why = ERROR_NONE;

    spawn.arena = arena_new();
    if (!attributes_of_spawn(&spawn.attributes, spawn.arena,
                             service_arguments(), common_params.mail_owner,
                             &why))
        fatal("%s", why.text);
}

/* ---- clients ---- */

/* A process that could not become the command ends with status 1. The word is
 * spelt as Postfix has it. */
static void complain(enum proc_obstacle obstacle, const char *why)
{
    if (obstacle == PROC_NOT_STARTED)
        return log_warning("command \"%s\": %s", spawn.attributes.argv[0], why);
    log_write(LOG_LEVEL_FATAL, "%s%s",
              obstacle == PROC_NOT_EXECUTED ? "spawn_comand: " : "", why);
    log_warning("command %s exit status 1", spawn.attributes.argv[0]);
}

static void serve(struct service_client *client)
{
    static const char *const added[] = { "PATH=" _PATH_DEFPATH, NULL };
    struct error why = ERROR_NONE;
    enum proc_obstacle obstacle;
    char text[64];
    int status, fd = stream_fd(client->stream);
    const struct proc_options options = {
        .argv = spawn.attributes.argv,
        .env_export = common_params.export_environment,
        .env_add = added,
        .uid = spawn.attributes.uid,
        .gid = spawn.attributes.gid,
        .set_user = getuid() == 0,
        .own_group = true,
        .in = fd, .out = fd, .err = fd,
        .obstacle = &obstacle,
    };

    file_set_nonblocking(fd, false);
    pid_t pid = proc_start(&options, &why);
    if (pid < 0)
        return complain(obstacle, why.text);
    if (!proc_wait(pid, deadline_in_s(spawn.time_limit_s), &status)) {
        log_warning("%s: process id %ld: command time limit exceeded",
                    spawn.attributes.argv[0], (long)pid);
        rights_kill_group(pid);
        proc_wait(pid, DEADLINE_NEVER, &status);
    } else if (status != 0) {
        log_warning("command %s %s", spawn.attributes.argv[0],
                    proc_status_text(status, text, sizeof text));
    }
}

/* ---- the service ---- */

static void start(void)
{
    struct error why = ERROR_NONE;

    read_attributes();
    if (!param_family_time(service_config(), service_name(), "_time_limit",
                           (int)delivery_params.command_time_limit, 1,
                           INT_MAX, &spawn.time_limit_s, &why))
        fatal("%s", why.text);
}

static void drop(void)
{
    rights_init(common_params.mail_owner);
}

static const struct param_group *const groups[] = {
    &delivery_param_group, NULL,
};

static const struct service service = {
    .name = "spawn",
    .groups = groups,
    .kind = SERVICE_STREAM,
    .sessions = SERVICE_ONE,
    .flags = SERVICE_PRIVILEGED,
    .may = MAY_EXEC | MAY_CHANGE_UID,
    .serve = serve,
    .before_jail = start,
    .after_jail = drop,
};

int main(int argc, char **argv)
{
    return service_main(&service, argc, argv);
}
