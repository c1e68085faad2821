/* SPDX-License-Identifier: ISC
 *
 * postdrop.c - records to postdrop, which may write where users may not.
 *
 * A message is safe when postdrop says so, and not a moment earlier: when it
 * dies without a word, the message is lost, and the caller must know.
 */
#include "client/postdrop.h"

#include <errno.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/array.h"
#include "base/log.h"
#include "base/proc.h"
#include "base/text.h"
#include "client/client.h"
#include "ipc/codec.h"
#include "ipc/messages/postdrop.h"
#include "mail/record.h"

struct submission {
    char *command; /* in the arena; for messages */
    const char *id;
    pid_t pid;
    struct stream *to, *from;
};

static bool start(struct submission *s, struct arena *arena,
                  const char *const *argv, struct error *why)
{
    const struct client_setup *setup = client_setup();
    const char *config =
        arena_printf(arena, "MAIL_CONFIG=%s", setup->config_directory);
    const char *const add[] = { config, NULL };
    int to[2], from[2];

    if (pipe(to) != 0 || pipe(from) != 0)
        return error_set(why, "pipe: %s", strerror(errno));
    const struct proc_options options = {
        .argv = argv,
        .env_export = setup->export_environment,
        .env_add = add,
        .in = to[0],
        .out = from[1],
        .err = STDERR_FILENO,
        .fork_attempts = setup->fork_attempts,
        .fork_delay_s = setup->fork_delay_s,
    };
    s->pid = proc_start(&options, why);
    close(to[0]);
    close(from[1]);
    s->to = stream_open(to[1]);
    s->from = stream_open(from[0]);
    return s->pid >= 0;
}

/* Returns its exit status as of waitpid. */
static int end(struct submission *s)
{
    int status = 0;

    stream_abandon(s->to);
    stream_abandon(s->from);
    if (s->pid > 0)
        proc_wait(s->pid, DEADLINE_NEVER, &status);
    return status;
}

static bool receive_hello(struct submission *s, struct arena *arena)
{
    struct postdrop_opened hello;

    if (!ipc_receive(s->from, arena, postdrop_opened, &hello))
        return false;
    s->id = hello.queue_id;
    if (strcmp(hello.protocol, "postdrop_protocol") == 0)
        return true;
    log_warning("unexpected protocol %s from %s (expected: "
                "postdrop_protocol)",
                hello.protocol, s->command);
    return false;
}

/* For logs, too: the command with its options. */
static bool run_postdrop(struct submission *s, struct arena *arena,
                         int verbose, struct error *why)
{
    const char *path = arena_printf(arena, "%s/postdrop",
                                    client_setup()->command_directory);
    struct { ARRAY_OF(const char *); } argv = ARRAY_EMPTY;

    s->command = arena_printf(arena, "%s -r", path);
    ARRAY_ADD(&argv, path);
    ARRAY_ADD(&argv, "-r");
    for (int i = 0; i < verbose; i++) {
        s->command = arena_printf(arena, "%s -v", s->command);
        ARRAY_ADD(&argv, "-v");
    }
    ARRAY_ADD(&argv, NULL);
    bool started = start(s, arena, argv.items, why);
    ARRAY_FREE(&argv);
    return started;
}

struct submission *submission_open(struct arena *arena, int verbose,
                                   struct error *why)
{
    struct submission *s = ARENA_NEW(arena, struct submission);
    struct error detail = ERROR_NONE;

    if (!run_postdrop(s, arena, verbose, &detail)) {
        error_set(why, "unable to execute %s: %s", s->command, detail.text);
        return NULL;
    }
    if (receive_hello(s, arena))
        return s;
    int status = end(s);
    if (WIFEXITED(status) && WEXITSTATUS(status) != 0)
        log_warning("command \"%s\" exited with status %d", s->command,
                    WEXITSTATUS(status));
    if (WIFSIGNALED(status))
        log_warning("command \"%s\" killed by signal %d", s->command,
                    WTERMSIG(status));
    error_set(why, "unable to execute %s: Application error", s->command);
    return NULL;
}

const char *submission_id(const struct submission *s)
{
    return s->id;
}

struct stream *submission_stream(const struct submission *s)
{
    return s->to;
}

int submission_finish(struct submission *s, struct arena *arena,
                      struct str *reason)
{
    struct postdrop_result result;

    record_put(s->to, REC_END, "", 0);
    stream_flush(s->to);
    if (!ipc_receive(s->from, arena, postdrop_result, &result))
        result = (struct postdrop_result){ CLEANUP_STAT_WRITE, "" };
    if (end(s) != 0)
        log_warning("mail_stream_cleanup: close error");
    str_set(reason, result.reason);
    return (int)result.status;
}

/* It removes its file when its input ends before the message does. */
void submission_cancel(struct submission *s)
{
    end(s);
}
