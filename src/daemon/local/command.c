/* SPDX-License-Identifier: ISC
 *
 * command.c - mail into a command, on behalf of whoever asked for it.
 *
 * The command gets the message on standard input and nothing else of ours. Its
 * output goes into memory, not through a pipe: it may write before it has
 * read all, and children that it leaves behind keep nobody waiting.
 */
#include <errno.h>
#include <paths.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/array.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "local.h"

enum { OUTPUT_LIMIT = 1000 };

/* ---- The environment ----------------------------------------------------- */

struct environment {
    ARRAY_OF(const char *);
};

static void export(struct environment *e, struct arena *arena,
                   const char *name, const char *value)
{
    const char *filter = local_params.command_expansion_filter;

    if (value == NULL || *value == '\0')
        return;
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
        { "SENDER", *d->sender == '\0' ? "MAILER-DAEMON" : d->sender },
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
        export(e, d->job->arena, rows[i].name, rows[i].value);
    ARRAY_ADD(e, "PATH=" _PATH_DEFPATH);
    ARRAY_ADD(e, NULL);
}

/* ---- Running it ---------------------------------------------------------- */

struct run {
    pid_t pid;
    int input;    /* write end */
    int output;   /* memory; owned */
    int status;   /* of wait */
    bool timed_out;
    enum copy_result copied;
};

static bool start(struct run *run, const struct delivery *d,
                  const char *command, const char *folder,
                  struct environment *e, struct error *why)
{
    const struct rights *rights = rights_for(d);
    int pipes[2];

    run->output = memfd_create("output", MFD_CLOEXEC);
    if (run->output < 0 || pipe(pipes) < 0)
        return error_set(why, "no room for a command: %s", strerror(errno));
    const struct proc_options options = {
        .command = command,
        .shell = local_params.local_command_shell,
        .env_export = (const char *const *)text_split(
            d->job->arena, common_params.export_environment, NULL, NULL),
        .env_add = e->items,
        .folder = folder,
        .uid = rights->uid,
        .gid = rights->gid,
        .set_user = getuid() == 0,
        .own_group = true,
        .in = pipes[0],
        .out = run->output,
        .err = run->output,
    };
    run->pid = proc_start(&options, why);
    run->input = pipes[1];
    close(pipes[0]);
    if (run->pid < 0)
        close(pipes[1]);
    return run->pid >= 0;
}

/* A command that does not read all of the message is free to. */
static void feed(struct run *run, const struct delivery *d, deadline_t until)
{
    struct stream *in = stream_open(run->input);
    struct copy_options copy;

    stream_set_deadline(in, until);
    copy_set(&copy, d, "command");
    copy_set_from(&copy, d);
    run->copied = message_copy(d->job->request->message, in, &copy);
    if (run->copied == COPY_OK)
        stream_flush(in);
    run->timed_out = stream_state(in) == STREAM_TIMEOUT;
    stream_abandon(in);
}

/* It belongs to somebody else, whom mail_owner may not kill. */
static void kill_group(pid_t pid)
{
    struct error why = ERROR_NONE;
    bool is_root = getuid() == 0 && rights_take(0, 0, &why);

    proc_kill_group(pid, SIGKILL);
    if (is_root)
        rights_give_back();
}

static void finish(struct run *run, deadline_t until)
{
    bool unread =
        run->copied == COPY_READ_FAILED || run->copied == COPY_CORRUPT;

    if (!unread && !run->timed_out && proc_wait(run->pid, until, &run->status))
        return;
    run->timed_out = !unread;
    kill_group(run->pid);
    proc_wait(run->pid, DEADLINE_NEVER, &run->status);
}

static char *output_of(const struct run *run, struct arena *arena)
{
    char *text = arena_zalloc(arena, OUTPUT_LIMIT + 1);
    ssize_t length = pread(run->output, text, OUTPUT_LIMIT, 0);

    if (length <= 0)
        return text;
    for (ssize_t i = 0; i < length; i++)
        if (text[i] == '\n' || text[i] == '\0')
            text[i] = ' ';
    return text_printable(text, '?', true);
}

/* ---- What it came to ----------------------------------------------------- */

static const struct { int code; const char *status, *text; } exits[] = {
    { EX_USAGE, "5.3.0", "command line usage error" },
    { EX_DATAERR, "5.6.0", "data format error" },
    { EX_NOINPUT, "5.3.0", "cannot open input" },
    { EX_NOUSER, "5.1.1", "user unknown" },
    { EX_NOHOST, "5.1.2", "host name unknown" },
    { EX_UNAVAILABLE, "5.3.0", "service unavailable" },
    { EX_SOFTWARE, "5.3.0", "internal software error" },
    { EX_OSERR, "4.3.0", "system resource problem" },
    { EX_OSFILE, "5.3.0", "critical OS file missing" },
    { EX_CANTCREAT, "5.2.0", "can't create user output file" },
    { EX_IOERR, "5.3.0", "input/output error" },
    { EX_TEMPFAIL, "4.3.0", "temporary failure" },
    { EX_PROTOCOL, "5.5.0", "remote error in protocol" },
    { EX_NOPERM, "5.7.0", "permission denied" },
    { EX_CONFIG, "5.3.5", "local configuration error" },
};

static void explain(struct arena *arena, const struct run *run,
                    const char *command, struct dsn *dsn)
{
    dsn->status = "5.3.0";
    if (run->timed_out) {
        dsn->reason = arena_printf(arena,
                                   "Command time limit exceeded: \"%s\"",
                                   command);
        return;
    }
    if (WIFSIGNALED(run->status)) {
        dsn->status = "4.3.0";
        dsn->reason = arena_printf(arena,
                                   "Command died with signal %d: \"%s\"",
                                   WTERMSIG(run->status), command);
        return;
    }
    for (size_t i = 0; i < sizeof exits / sizeof *exits; i++)
        if (exits[i].code == WEXITSTATUS(run->status)) {
            dsn->status = exits[i].status;
            dsn->reason = exits[i].text;
            return;
        }
    dsn->reason = arena_printf(arena, "Command died with status %d: \"%s\"",
                               WEXITSTATUS(run->status), command);
}

/* For the Diagnostic-Code:, which does not name the command. */
static const char *exit_text(struct arena *arena, const struct run *run,
                             const char *reason)
{
    bool is_named = run->timed_out;

    if (!is_named && WIFSIGNALED(run->status))
        return "internal software error";
    for (size_t i = 0; i < sizeof exits / sizeof *exits; i++)
        is_named = is_named || exits[i].code == WEXITSTATUS(run->status);
    return is_named ? reason
                    : arena_printf(arena, "unknown mail system error %d",
                                   WEXITSTATUS(run->status));
}

/* A failed command may say its own code: "4.1.2 text". */
static void set_failure(struct arena *arena, const struct run *run,
                        const char *command, struct dsn *dsn)
{
    const char *output = output_of(run, arena);
    size_t code = run->timed_out ? 0 : dsn_status_length(output);

    memset(dsn, 0, sizeof *dsn);
    explain(arena, run, command, dsn);
    dsn->diag_type = "x-unix";
    dsn->diag_text = code > 0 && output[0] != '2'
                         ? output + code + strspn(output + code, " ")
                     : *output != '\0' ? output
                                       : exit_text(arena, run, dsn->reason);
    if (code > 0 && output[0] != '2') {
        dsn->status = arena_strndup(arena, output, code);
        dsn->reason = arena_strdup(arena, output + code +
                                              strspn(output + code, " "));
    } else if (*output != '\0') {
        dsn->reason = arena_printf(arena, "%s. Command output: %s",
                                   dsn->reason, output);
    }
}

static enum fate run_command(const struct delivery *d, const char *command,
                             const char *folder)
{
    struct arena *arena = d->job->arena;
    struct environment environment = ARRAY_EMPTY;
    struct run run = { .output = -1 };
    struct error why = ERROR_NONE;
    deadline_t until = deadline_in_s(delivery_params.command_time_limit);
    struct dsn dsn = { "2.0.0",
                       .reason = arena_printf(
                           arena, "delivered to command: %s", command) };

    set_environment(&environment, d);
    bool started = start(&run, d, command, folder, &environment, &why);
    ARRAY_FREE(&environment);
    if (started) {
        feed(&run, d, until);
        finish(&run, until);
        if (run.copied == COPY_READ_FAILED || run.copied == COPY_CORRUPT)
            dsn = (struct dsn){ "4.3.0", .reason = "queue file read error" };
        else if (run.status != 0 || run.timed_out)
            set_failure(arena, &run, command, &dsn);
    } else {
        log_warning("command \"%s\": %s", command, why.text);
        dsn = (struct dsn){ "4.3.0",
                            .reason = arena_printf(
                                arena, "temporary failure. Command output: %s",
                                why.text) };
    }
    if (run.output >= 0)
        close(run.output);
    return report_dsn(d, &dsn);
}

enum fate deliver_command(const struct delivery *d, const char *command)
{
    const struct rights *rights = rights_for(d);
    const char *folder = local_params.command_execution_directory;
    struct error why = ERROR_NONE;

    if (!first_time(d, arena_printf(d->job->arena, "command %lu %s",
                                    (unsigned long)rights->uid, command)))
        return FINISHED;
    if (is_probe(d))
        return report_sent(d, "delivers to command: %s", command);
    if (getuid() != 0 && rights->uid != getuid())
        return report_failed(d, "4.3.0",
                             "this mail system runs as user %lu and cannot "
                             "run commands as user %lu",
                             (unsigned long)getuid(),
                             (unsigned long)rights->uid);
    if (*folder != '\0')
        folder = vars_expand(
            d, folder, local_params.execution_directory_expansion_filter,
            &why);
    if (folder == NULL)
        return report_failed(d, "4.3.5", "mail system configuration error");
    return run_command(d, command, *folder == '\0' ? NULL : folder);
}
