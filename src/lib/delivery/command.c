/* SPDX-License-Identifier: ISC
 *
 * command.c - see delivery/command.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "delivery/command.h"
#include "delivery/rights.h"
#include "service/service.h"

enum { OUTPUT_LIMIT = 1000, LOOK_MS = 100 };

struct run {
    pid_t pid;
    int input;                 /* write end */
    int output;                /* read end; owned; -1: closed by the command */
    char said[OUTPUT_LIMIT];   /* the first of what it said */
    size_t length;
    int status; /* of wait */
    bool timed_out;
    enum copy_result copied;
    enum proc_obstacle obstacle;
};

/* ---- What it says -------------------------------------------------------- */

/* What there is now. It may say more than we want, or never stop: that goes
 * nowhere. False: there is no more for the moment, or at all. */
static bool take_output(struct run *run)
{
    char text[4096];
    ssize_t got = read(run->output, text, sizeof text);

    if (got < 0 && errno == EINTR)
        return true;
    if (got < 0 && errno == EAGAIN)
        return false;
    if (got <= 0) {
        close(run->output);
        run->output = -1;
        return false;
    }
    size_t room = OUTPUT_LIMIT - run->length;
    size_t part = (size_t)got < room ? (size_t)got : room;
    memcpy(run->said + run->length, text, part);
    run->length += part;
    return true;
}

/* Wait for <fd> (-1: for the time alone), and meanwhile take the output: the
 * command may want to write before it reads. An agent has one delivery at a
 * time, so this may be poll. */
static bool wait_for(struct run *run, int fd, short event, deadline_t until)
{
    for (;;) {
        struct pollfd both[] = { { .fd = fd, .events = event },
                                 { .fd = run->output, .events = POLLIN } };
        int left_ms = deadline_left_ms(until);
        int ready = poll(both, 2, left_ms);

        if (ready > 0 && both[1].revents != 0)
            take_output(run);
        if (ready > 0 && both[0].revents != 0)
            return true;
        if (left_ms == 0) {
            errno = ETIMEDOUT;
            return false;
        }
    }
}

static ssize_t write_to_command(void *handle, int fd, const void *data,
                                size_t length, deadline_t until)
{
    for (;;) {
        ssize_t put = write(fd, data, length);

        if (put >= 0 || (errno != EAGAIN && errno != EINTR))
            return put;
        if (!wait_for(handle, fd, POLLOUT, until))
            return -1;
    }
}

static const struct stream_transport to_command = { .write = write_to_command };

/* ---- Running it ---------------------------------------------------------- */

static void close_both(const int *ends)
{
    close(ends[0]);
    close(ends[1]);
}

static bool start(struct run *run, const struct command_order *order,
                  struct error *why)
{
    struct proc_options options = order->proc;
    int in[2], out[2];

    if (pipe2(in, O_CLOEXEC) < 0)
        return error_set(why, "no room for a command: %s", strerror(errno));
    if (pipe2(out, O_CLOEXEC) < 0) {
        error_set(why, "no room for a command: %s", strerror(errno));
        close_both(in);
        return false;
    }
    options.in = in[0];
    options.out = options.err = out[1];
    options.obstacle = &run->obstacle;
    run->pid = proc_start(&options, why);
    if (run->pid < 0) {
        close_both(in);
        close_both(out);
        return false;
    }
    close(in[0]);
    close(out[1]);
    run->input = in[1];
    run->output = out[0];
    fcntl(run->output, F_SETFL, O_NONBLOCK);
    return true;
}

/* A command that does not read all of the message is free to. */
static void feed(struct run *run, const struct command_order *order,
                 deadline_t until)
{
    struct stream *in = stream_open(run->input);

    stream_set_transport(in, &to_command, run);
    stream_set_deadline(in, until);
    run->copied = message_copy(order->message, in, order->copy);
    if (run->copied == COPY_OK)
        stream_flush(in);
    run->timed_out = stream_state(in) == STREAM_TIMEOUT;
    stream_abandon(in);
}

static bool is_unread(const struct run *run)
{
    return run->copied == COPY_READ_FAILED || run->copied == COPY_CORRUPT;
}

/* Its end, that is: children that it leaves behind may keep the output. Where
 * nothing tells us of the end, look again and again. */
static bool wait_for_end(struct run *run, deadline_t until)
{
    int fd = (int)syscall(SYS_pidfd_open, run->pid, 0U);
    bool ended;

    while (!(ended = proc_wait(run->pid, deadline_in_s(0), &run->status)) &&
           deadline_left_ms(until) != 0) {
        deadline_t soon = deadline_in_ms(LOOK_MS);
        wait_for(run, fd, POLLIN, fd < 0 && soon < until ? soon : until);
    }
    if (fd >= 0)
        close(fd);
    while (run->output >= 0 && run->length < OUTPUT_LIMIT && take_output(run))
        continue;
    return ended;
}

static void finish(struct run *run, deadline_t until)
{
    if (!is_unread(run) && !run->timed_out && wait_for_end(run, until))
        return;
    run->timed_out = !is_unread(run);
    rights_kill_group(run->pid);
    proc_wait(run->pid, DEADLINE_NEVER, &run->status);
}

static char *output_of(const struct run *run, struct arena *arena)
{
    char *text = arena_zalloc(arena, OUTPUT_LIMIT + 1);

    memcpy(text, run->said, run->length);
    for (size_t i = 0; i < run->length; i++)
        if (text[i] == '\n' || text[i] == '\0')
            text[i] = ' ';
    return text_printable(text, '_', true);
}

/* ---- What it came to ----------------------------------------------------- */

static const struct exit_meaning {
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

static const struct exit_meaning *meaning_of(const struct run *run)
{
    for (size_t i = 0; i < sizeof exits / sizeof *exits; i++)
        if (WIFEXITED(run->status) &&
            exits[i].code == WEXITSTATUS(run->status))
            return &exits[i];
    return NULL;
}

static void explain(struct arena *arena, const struct run *run,
                    const char *name, struct dsn *dsn)
{
    const struct exit_meaning *known = meaning_of(run);

    dsn->status = "5.3.0";
    if (run->timed_out) {
        dsn->reason = arena_printf(
            arena, "Command time limit exceeded: \"%s\"", name);
    } else if (WIFSIGNALED(run->status)) {
        dsn->status = "4.3.0";
        dsn->reason = arena_printf(arena, "Command died with signal %d: \"%s\"",
                                   WTERMSIG(run->status), name);
    } else if (known != NULL) {
        dsn->status = known->status;
        dsn->reason = known->text;
    } else {
        dsn->reason = arena_printf(arena, "Command died with status %d: \"%s\"",
                                   WEXITSTATUS(run->status), name);
    }
}

/* For the Diagnostic-Code:, which does not name the command. */
static const char *diagnosis(struct arena *arena, const struct run *run,
                             const char *reason)
{
    if (run->timed_out || meaning_of(run) != NULL)
        return reason;
    if (WIFSIGNALED(run->status))
        return "internal software error";
    return arena_printf(arena, "unknown mail system error %d",
                        WEXITSTATUS(run->status));
}

static void set_failure(struct arena *arena, const struct run *run,
                        const char *name, const char *output, struct dsn *dsn)
{
    size_t code = run->timed_out ? 0 : dsn_status_length(output);

    explain(arena, run, name, dsn);
    dsn->diag_type = "x-unix";
    if (code > 0 && output[0] != '2') {
        dsn->status = arena_strndup(arena, output, code);
        dsn->reason = output + code + strspn(output + code, " ");
        dsn->diag_text = dsn->reason;
    } else if (*output != '\0') {
        dsn->diag_text = output;
        dsn->reason = arena_printf(arena, "%s. Command output: %s",
                                   dsn->reason, output);
    } else {
        dsn->diag_text = diagnosis(arena, run, dsn->reason);
    }
}

/* What the process that was to become the command said, and as what it ended.
 * Only the last thing that may go wrong has its way to the sender. */
static void explain_start(struct arena *arena, const struct run *run,
                          const struct command_order *order, const char *why,
                          struct dsn *dsn)
{
    const struct proc_options *proc = &order->proc;
    struct run ended = { .status = W_EXITCODE(EX_TEMPFAIL, 0) };
    bool direct = proc->argv == NULL &&
                  (proc->shell == NULL || *proc->shell == '\0');
    const char *output = "", *text = why;

    switch (run->obstacle) {
    case PROC_NOT_STARTED:
        log_warning("command \"%s\": %s", order->name, why);
        set_failure(arena, &ended, order->name, output, dsn);
        return;
    case PROC_NOT_PREPARED:
        break;
    case PROC_NOT_EXECUTED:
        text = arena_printf(arena, "%s%s", direct ? "" : "pipe_command: ",
                            why);
        output = arena_printf(arena, "%s: fatal: %s ", service_program(),
                              text);
        break;
    }
    log_write(LOG_LEVEL_FATAL, "%s", text);
    set_failure(arena, &ended, order->name, output, dsn);
}

void command_run(struct arena *arena, const struct command_order *order,
                 struct command_end *end)
{
    struct run run = { .output = -1 };
    struct error why = ERROR_NONE;
    deadline_t until = deadline_in_s(order->time_limit_s);

    *end = (struct command_end){ .output = arena_strdup(arena, "") };
    if (start(&run, order, &why)) {
        feed(&run, order, until);
        finish(&run, until);
        end->output = output_of(&run, arena);
        if (is_unread(&run))
            end->dsn =
                (struct dsn){ "4.3.0", .reason = "queue file read error" };
        else if (run.status != 0 || run.timed_out)
            set_failure(arena, &run, order->name, end->output, &end->dsn);
        else
            end->succeeded = true;
    } else {
        explain_start(arena, &run, order, why.text, &end->dsn);
    }
    if (run.output >= 0)
        close(run.output);
}
