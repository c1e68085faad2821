/* SPDX-License-Identifier: ISC
 *
 * command.c - the message into the command, and what its end means.
 *
 * The command's output goes into memory, not through a pipe: it may write
 * before it has read all, and children that it leaves behind keep nobody
 * waiting.
 */
#include <errno.h>
#include <paths.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/proc.h"
#include "base/text.h"
#include "delivery/rights.h"
#include "mail/mbox.h"
#include "mail/quote.h"
#include "pipe.h"

enum { OUTPUT_LIMIT = 1000 };

struct run {
    pid_t pid;
    int input;  /* write end */
    int output; /* memory; owned */
    int status; /* of wait */
    bool timed_out;
    enum copy_result copied;
};

static bool start(struct run *run, const struct attributes *a,
                  struct request *r, const struct argument_list *arguments,
                  struct error *why)
{
    static const char *const added[] = { "PATH=" _PATH_DEFPATH, NULL };
    int pipes[2];

    run->output = memfd_create("output", MFD_CLOEXEC);
    if (run->output < 0 || pipe(pipes) < 0)
        return error_set(why, "no room for a command: %s", strerror(errno));
    const struct proc_options options = {
        .argv = arguments->items,
        .env_export = (const char *const *)text_split(
            r->arena, common_params.export_environment, NULL, NULL),
        .env_add = added,
        .folder = a->folder,
        .chroot_folder = a->chroot_folder,
        .uid = a->uid,
        .gid = a->gid,
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

static struct copy_options decoration(const struct attributes *a,
                                      const struct request *r)
{
    const char *sender = r->wire->sender;
    const struct recipient *to = &r->recipients[0];

    if (*sender == '\0')
        sender = a->null_sender;
    const char *external = quote_822_dup(r->arena, sender);
    return (struct copy_options){
        .from_line_sender = a->flags & PIPE_FROM ? external : NULL,
        .return_path = a->flags & PIPE_RETURN_PATH ? external : NULL,
        .original_to = a->flags & PIPE_ORIGINAL ? to->original : NULL,
        .delivered_to = a->flags & PIPE_DELIVERED ? to->address : NULL,
        .quote_from = a->flags & PIPE_QUOTE_FROM,
        .blank_line_at_end = a->flags & PIPE_BLANK,
        .dot_stuff = a->flags & PIPE_DOT,
        .line_end = a->eol,
        .arrival = (time_t)r->wire->arrival_s,
    };
}

/* A command that does not read all of the message is free to. */
static void feed(struct run *run, const struct attributes *a,
                 struct request *r, deadline_t until)
{
    const struct copy_options copy = decoration(a, r);
    struct stream *in = stream_open(run->input);

    stream_set_deadline(in, until);
    run->copied = message_copy(r->message, in, &copy);
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

static bool is_unread(const struct run *run)
{
    return run->copied == COPY_READ_FAILED || run->copied == COPY_CORRUPT;
}

static void finish(struct run *run, deadline_t until)
{
    if (!is_unread(run) && !run->timed_out &&
        proc_wait(run->pid, until, &run->status))
        return;
    run->timed_out = !is_unread(run);
    kill_group(run->pid);
    proc_wait(run->pid, DEADLINE_NEVER, &run->status);
}

static char *output_of(const struct run *run, struct arena *arena)
{
    char *text = arena_zalloc(arena, OUTPUT_LIMIT + 1);
    ssize_t length = pread(run->output, text, OUTPUT_LIMIT, 0);

    for (ssize_t i = 0; i < length; i++)
        if (text[i] == '\n' || text[i] == '\0')
            text[i] = ' ';
    return text_trim(text_printable(text, '?', true));
}

/* ---- What it came to ----------------------------------------------------- */

static const struct {
    int code;
    const char *status, *text;
} exits[] = {
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
    if (run->timed_out) {
        *dsn = (struct dsn){ "5.3.0", .reason = arena_printf(arena,
            "Command time limit exceeded: \"%s\"", command) };
        return;
    }
    if (WIFSIGNALED(run->status)) {
        *dsn = (struct dsn){ "4.3.0", .reason = arena_printf(arena,
            "Command died with signal %d: \"%s\"", WTERMSIG(run->status),
            command) };
        return;
    }
    for (size_t i = 0; i < sizeof exits / sizeof *exits; i++)
        if (exits[i].code == WEXITSTATUS(run->status)) {
            *dsn = (struct dsn){ exits[i].status, .reason = exits[i].text };
            return;
        }
    *dsn = (struct dsn){ "5.3.0", .reason = arena_printf(arena,
        "Command died with status %d: \"%s\"", WEXITSTATUS(run->status),
        command) };
}

/* A failed command may say its own code: "4.1.2 text". */
static void set_failure(struct arena *arena, const struct run *run,
                        const char *command, const char *output,
                        struct dsn *dsn)
{
    size_t code = run->timed_out ? 0 : dsn_status_length(output);

    explain(arena, run, command, dsn);
    if (code > 0 && output[0] != '2') {
        dsn->status = arena_strndup(arena, output, code);
        dsn->reason = output + code + strspn(output + code, " ");
    } else if (*output != '\0') {
        dsn->reason = arena_printf(arena, "%s. Command output: %s",
                                   dsn->reason, output);
    }
    dsn->diag_type = "x-unix";
    dsn->diag_text = dsn->reason;
}

static void set_success(const struct attributes *a, struct arena *arena,
                        const char *output, struct dsn *dsn)
{
    *dsn = (struct dsn){
        .status = "2.0.0",
        .action = a->flags & PIPE_FINAL ? "delivered" : "relayed",
        .reason = *output == '\0'
                      ? arena_printf(arena, "delivered via %s service",
                                     service_name())
                      : arena_printf(arena, "delivered via %s service (%s)",
                                     service_name(), output),
    };
}

void command_run(const struct attributes *a, struct request *r,
                 const struct argument_list *arguments, struct dsn *dsn)
{
    struct run run = { .output = -1 };
    struct error why = ERROR_NONE;
    deadline_t until = deadline_in_s(a->time_limit_s);

    if (!start(&run, a, r, arguments, &why)) {
        log_warning("command \"%s\": %s", arguments->items[0], why.text);
        *dsn = (struct dsn){ "4.3.0", .reason = arena_printf(r->arena,
            "temporary failure. Command output: %s", why.text) };
    } else {
        feed(&run, a, r, until);
        finish(&run, until);
        const char *output = output_of(&run, r->arena);
        if (is_unread(&run))
            *dsn = (struct dsn){ "4.3.0", .reason = "queue file read error" };
        else if (run.status != 0 || run.timed_out)
            set_failure(r->arena, &run, arguments->items[0], output, dsn);
        else
            set_success(a, r->arena, output, dsn);
    }
    if (run.output >= 0)
        close(run.output);
}
