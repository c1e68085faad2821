/* SPDX-License-Identifier: ISC
 *
 * command.c - mail into a command, on behalf of whoever asked for it.
 */
#include <paths.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/log.h"
#include "delivery/command.h"
#include "local.h"

/* ---- The environment ----------------------------------------------------- */

struct environment {
    ARRAY_OF(const char *);
};

static void export(struct environment *e, struct arena *arena,
                   const char *name, const char *value)
{
    const char *filter = local_params.command_expansion_filter;
    char *text = arena_printf(arena, "%s=%s", name, value);

    for (char *at = text + strlen(name) + 1; *at != '\0'; at++)
        if (strchr(filter, *at) == NULL)
            *at = '_';
    ARRAY_ADD(e, text);
}

static void set_environment(struct environment *e, const struct delivery *d)
{
    const struct delivery_request *w = d->job->request->wire;
    const struct user_info *user = d->rights == NULL ? NULL : d->rights->user;
    const struct { const char *name, *value; } rows[] = {
        { "USER", d->user },
        { "LOGNAME", d->user },
        { "HOME", user == NULL ? NULL : user->home },
        { "SHELL", user == NULL ? NULL : user->shell },
        { "LOCAL", d->local },
        { "EXTENSION", d->extension },
        { "DOMAIN", d->domain },
        { "RECIPIENT", d->to.address },
        { "ORIGINAL_RECIPIENT", d->to.original },
        { "ENVID", w->envelope_id },
        { "CLIENT_ADDRESS", w->log_client_address },
        { "CLIENT_HELO", w->log_helo_name },
        { "CLIENT_HOSTNAME", w->log_client_name },
        { "CLIENT_PROTOCOL", w->log_protocol_name },
        { "SASL_METHOD", w->sasl_method },
        { "SASL_SENDER", w->sasl_sender },
        { "SASL_USERNAME", w->sasl_username },
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].value != NULL && *rows[i].value != '\0')
            export(e, d->job->arena, rows[i].name, rows[i].value);
    export(e, d->job->arena, "SENDER", d->sender); /* the null sender, too */
    ARRAY_ADD(e, "PATH=" _PATH_DEFPATH);
    ARRAY_ADD(e, NULL);
}

/* ---- Running it ---------------------------------------------------------- */

static enum fate run_command(const struct delivery *d, const char *command,
                             const char *folder)
{
    struct arena *arena = d->job->arena;
    const struct rights *rights = rights_for(d);
    struct environment environment = ARRAY_EMPTY;
    struct copy_options copy;
    struct command_end end;

    copy_set(&copy, d, "command");
    copy_set_from(&copy, d);
    set_environment(&environment, d);
    command_run(arena, &(struct command_order){
        .proc = {
            .fork_attempts = common_params.fork_attempts,
            .fork_delay_s = common_params.fork_delay,
            .command = command,
            .shell = local_params.local_command_shell,
            .env_export = common_params.export_environment,
            .env_add = environment.items,
            .folder = folder,
            .uid = rights->uid,
            .gid = rights->gid,
            .set_user = getuid() == 0,
            .own_group = true,
        },
        .name = command,
        .message = d->job->request->message,
        .copy = &copy,
        .time_limit_s = delivery_params.command_time_limit,
    }, &end);
    ARRAY_FREE(&environment);
    return end.succeeded ? report_sent(d, "delivered to command: %s", command)
                         : report_dsn(d, &end.dsn);
}

enum fate deliver_command(const struct delivery *d, const char *command)
{
    const struct rights *rights = rights_for(d);
    const char *folder = local_params.command_execution_directory;

    if (!first_time(d, arena_printf(d->job->arena, "command %lu %s",
                                    (unsigned long)rights->uid, command)))
        return FINISHED;
    if (request_is_probe(d->job->request))
        return report_sent(d, "delivers to command: %s", command);
    if (getuid() != 0 && rights->uid != getuid())
        return report_failed(d, "4.3.0",
                             "this mail system runs as user %lu and cannot "
                             "run commands as user %lu",
                             (unsigned long)getuid(),
                             (unsigned long)rights->uid);
    folder = vars_expand(
        d, folder, local_params.execution_directory_expansion_filter, NULL);
    if (folder == NULL) {
        log_warning("bad parameter value syntax for "
                    "command_execution_directory: %s",
                    local_params.command_execution_directory);
        return report_misconfigured(d);
    }
    return run_command(d, command, *folder == '\0' ? NULL : folder);
}
