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
#include "base/priv.h"
#include "base/proc.h"
#include "base/text.h"
#include "delivery/rights.h"
#include "service/service.h"

static struct {
    uid_t uid;
    gid_t gid;
    const char *const *argv;
    int time_limit_s;
} spawn;

/* ---- attributes ---- */

static void read_user(const char *text)
{
    char *name = mem_strdup(text);
    char *group = strchr(name, ':');
    struct error why = ERROR_NONE;
    uid_t owner;

    if (group != NULL)
        *group++ = '\0';
    if (!priv_user(name, &spawn.uid, &spawn.gid, &why) ||
        (group != NULL && !priv_group(group, &spawn.gid, &why)) ||
        !priv_user(common_params.mail_owner, &owner, NULL, &why))
        fatal("user= attribute: %s", why.text);
    free(name);
    if (spawn.uid == 0)
        fatal("user= command-line attribute specifies root privileges");
    if (spawn.gid == 0)
        fatal("user= command-line attribute specifies root group privileges");
    if (spawn.uid == owner && getuid() == 0)
        fatal("user= command-line attribute specifies mail system owner %s",
              common_params.mail_owner);
}

static void read_attributes(void)
{
    char **words = service_arguments();

    for (; *words != NULL && !text_has_prefix(*words, "argv="); words++) {
        if (!text_has_prefix(*words, "user="))
            fatal("unknown attribute: %s", *words);
        read_user(*words + strlen("user="));
    }
    if (*words == NULL || (*words)[strlen("argv=")] == '\0')
        fatal("missing argv= command-line attribute");
    if (spawn.uid == 0)
        fatal("missing user= command-line attribute");
    *words += strlen("argv=");
    for (char **word = words + 1; *word != NULL; word++)
        *word = text_unbrace(*word);
    spawn.argv = (const char *const *)words;
}

/* ---- clients ---- */

/* A process that could not become the command ends with status 1. The word is
 * spelt as Postfix has it. */
static void complain(enum proc_obstacle obstacle, const char *why)
{
    if (obstacle == PROC_NOT_STARTED)
        return log_warning("command \"%s\": %s", spawn.argv[0], why);
    log_write(LOG_LEVEL_FATAL, "%s%s",
              obstacle == PROC_NOT_EXECUTED ? "spawn_comand: " : "", why);
    log_warning("command %s exit status 1", spawn.argv[0]);
}

static void serve(struct service_client *client)
{
    static const char *const added[] = { "PATH=" _PATH_DEFPATH, NULL };
    struct error why = ERROR_NONE;
    enum proc_obstacle obstacle;
    char text[64];
    int status, fd = stream_fd(client->stream);
    const struct proc_options options = {
        .argv = spawn.argv,
        .env_export = common_params.export_environment,
        .env_add = added,
        .uid = spawn.uid,
        .gid = spawn.gid,
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
                    spawn.argv[0], (long)pid);
        rights_kill_group(pid);
        proc_wait(pid, DEADLINE_NEVER, &status);
    } else if (status != 0) {
        log_warning("command %s %s", spawn.argv[0],
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
