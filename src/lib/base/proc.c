/* SPDX-License-Identifier: ISC
 *
 * proc.c - running other programs, with nothing inherited by accident.
 *
 * All that needs memory is made before the fork; the child only makes system
 * calls until it has become the other program. When it cannot, it says at
 * which step and why through a pipe that exec closes.
 */
#include "base/proc.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/clock.h"
#include "base/io.h"
#include "base/log.h"
#include "base/priv.h"
#include "base/str.h"
#include "base/text.h"

enum { FIRST_FREE_FD = 3, PAUSE_LONGEST_MS = 100 };

enum step { STEP_DESCRIPTORS, STEP_SESSION, STEP_CHROOT, STEP_USER,
            STEP_FOLDER, STEP_EXEC };

struct failure {
    enum step step;
    int number; /* errno */
};

/* What the child needs; made in the parent. */
struct plan {
    const struct proc_options *options;
    const char *path; /* of the program; NULL: argv[0] */
    char **argv;
    char **environment;
    int null_fd, report_fd;
};

/* Characters that mean nothing to a shell. */
static const char plain_characters[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
    "!@%-_=+:,./ \t";

static char **shell_argv(struct arena *arena, const char *shell,
                         const char *command)
{
    size_t count;
    char **words = text_split(arena, shell, " \t\r\n", &count);
    char **argv = arena_array(arena, count + 2, sizeof *argv);
    memcpy(argv, words, count * sizeof *argv);
    argv[count] = arena_strdup(arena, command);
    return argv;
}

/* Words that look like a program and are the shell's own. For any other, a
 * program that is not there must be noticed as such: mail for it waits. */
static bool is_shell_word(const char *word)
{
    static const char *const words[] = {
        ".",     ":",    "alias",  "bg",    "break", "case",   "cd",
        "eval",  "exec", "exit",   "export", "fg",   "for",    "getopts",
        "hash",  "if",   "jobs",   "read",  "readonly", "return", "set",
        "shift", "times", "trap",  "type",  "ulimit", "umask", "unalias",
        "unset", "until", "wait",  "while",
    };

    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(words[i], word) == 0)
            return true;
    return false;
}

static void plan_command(struct arena *arena, struct plan *plan)
{
    const struct proc_options *options = plan->options;
    if (options->argv != NULL) {
        plan->argv = (char **)(uintptr_t)options->argv;
        return;
    }
    if (options->shell != NULL && options->shell[0] != '\0') {
        plan->argv = shell_argv(arena, options->shell, options->command);
        return;
    }
    char **by_shell = shell_argv(arena, "sh -c", options->command);
    size_t plain = strspn(options->command, plain_characters), count;
    char **words = text_split(arena, options->command, " \t", &count);
    bool direct = options->command[plain] == '\0' && count > 0 &&
                  strchr(words[0], '=') == NULL && !is_shell_word(words[0]);
    plan->argv = direct ? words : by_shell;
    plan->path = direct ? NULL : "/bin/sh";
}

struct variables { ARRAY_OF(char *); };

/* Add "NAME=value", in place of an earlier value. */
static void put_variable(struct variables *list, char *setting)
{
    size_t name_length = strcspn(setting, "=") + 1;
    for (size_t i = 0; i < list->count; i++) {
        if (strncmp(list->items[i], setting, name_length) != 0)
            continue;
        list->items[i] = setting;
        return;
    }
    ARRAY_ADD(list, setting);
}

/* As import_environment has it: see priv_clean_environment. */
static void export_variables(struct arena *arena, const char *text,
                             struct variables *list)
{
    char *cursor = arena_strdup(arena, text), *word, *name;
    while ((word = text_token_braced(&cursor, LIST_SEPARATORS, false)) !=
           NULL) {
        char *value;
        word = text_unbrace(word);
        if (!text_split_nameval(word, &name, &value)) {
            name = word;
            value = getenv(name);
        }
        if (value != NULL)
            put_variable(list, arena_printf(arena, "%s=%s", name, value));
    }
}

static void plan_environment(struct arena *arena, struct plan *plan)
{
    struct variables list = ARRAY_EMPTY;
    if (plan->options->env_export != NULL)
        export_variables(arena, plan->options->env_export, &list);
    const char *const *from = plan->options->env_add;
    for (; from != NULL && *from != NULL; from++)
        put_variable(&list, arena_strdup(arena, *from));
    ARRAY_ADD(&list, NULL);
    plan->environment = arena_memdup(arena, list.items,
                                     list.count * sizeof *list.items);
    ARRAY_FREE(&list);
}

/* ---- In the child: async-signal-safe functions only. ---- */

static _Noreturn void child_fails(const struct plan *plan, enum step step)
{
    struct failure failure = { step, errno };
    (void)!write(plan->report_fd, &failure, sizeof failure);
    _exit(127);
}

static void reset_signals(void)
{
    struct sigaction action = { .sa_handler = SIG_DFL };
    for (int number = 1; number < NSIG; number++)
        sigaction(number, &action, NULL); /* some cannot, and need not */
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

/* -1: not one. */
static int number_of(const char *name)
{
    int number = 0;

    for (; *name >= '0' && *name <= '9'; name++)
        number = number * 10 + (*name - '0');
    return *name == '\0' ? number : -1;
}

static void close_entries(const char *entries, size_t size, int first,
                          int but_not)
{
    const struct dirent64 *entry;

    for (size_t at = 0; at < size; at += entry->d_reclen) {
        entry = (const void *)(entries + at);
        int fd = number_of(entry->d_name);
        if (fd >= first && fd != but_not)
            close(fd);
    }
}

/* What /proc tells of: those that were opened before the limit was lowered
 * are there, too, and a limit of many millions costs nothing. */
static bool close_listed(int first)
{
    _Alignas(struct dirent64) char entries[2048];
    int folder = open("/proc/self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    long got = -1;

    if (folder < 0)
        return false;
    while ((got = syscall(SYS_getdents64, folder, entries, sizeof entries)) > 0)
        close_entries(entries, (size_t)got, first, folder);
    close(folder);
    return got == 0;
}

/* Old kernels and the filters of some containers have no close_range, and
 * daemons whose files are confined see no /proc. */
void proc_close_from(int first)
{
    if (syscall(SYS_close_range, (unsigned)first, ~0U, 0U) == 0 ||
        close_listed(first))
        return;
    long limit = sysconf(_SC_OPEN_MAX);
    for (int fd = first; fd < limit; fd++)
        close(fd);
}

/* First all out of the way, since they may stand in each other's place. */
static bool arrange_descriptors(struct plan *plan)
{
    int given[] = { plan->options->in, plan->options->out,
                    plan->options->err };
    for (int i = 0; i < 3; i++) {
        int from = given[i] < 0 ? plan->null_fd : given[i];
        given[i] = fcntl(from, F_DUPFD_CLOEXEC, FIRST_FREE_FD + 1);
        if (given[i] < 0)
            return false;
    }
    if (plan->report_fd != FIRST_FREE_FD) {
        if (dup3(plan->report_fd, FIRST_FREE_FD, O_CLOEXEC) < 0)
            return false;
        plan->report_fd = FIRST_FREE_FD;
    }
    for (int i = 0; i < 3; i++)
        if (dup2(given[i], i) < 0)
            return false;
    proc_close_from(FIRST_FREE_FD + 1);
    return true;
}

/* Only root may, and the parent's effective user may be another one. */
static bool change_root(const struct proc_options *options)
{
    if (options->set_user && geteuid() != 0 && seteuid(0) < 0)
        return false;
    return chroot(options->chroot_folder) == 0 && chdir("/") == 0;
}

static _Noreturn void run_child(struct plan *plan)
{
    const struct proc_options *options = plan->options;

    if (!arrange_descriptors(plan))
        child_fails(plan, STEP_DESCRIPTORS);
    if (options->own_group && setsid() < 0)
        child_fails(plan, STEP_SESSION);
    if (options->chroot_folder != NULL && !change_root(options))
        child_fails(plan, STEP_CHROOT);
    if (options->set_user && !priv_try_drop(options->uid, options->gid))
        child_fails(plan, STEP_USER);
    if (options->folder != NULL && chdir(options->folder) < 0)
        child_fails(plan, STEP_FOLDER);

    environ = plan->environment;
    execvp(plan->path != NULL ? plan->path : plan->argv[0], plan->argv);
    child_fails(plan, STEP_EXEC);
}

/* ---- In the parent. ---- */

static bool failure_text(const struct plan *plan, const struct failure *failure,
                         struct error *why)
{
    const struct proc_options *options = plan->options;
    const char *reason = strerror(failure->number);
    switch (failure->step) {
    case STEP_DESCRIPTORS:
        return error_set(why, "pass descriptors: %s", reason);
    case STEP_SESSION:
        return error_set(why, "setsid: %s", reason);
    case STEP_CHROOT:
        return error_set(why, "chroot(%s): %s", options->chroot_folder,
                         reason);
    case STEP_USER:
        return error_set(why, "change to uid %lu gid %lu: %s",
                         (unsigned long)options->uid,
                         (unsigned long)options->gid, reason);
    case STEP_FOLDER:
        return error_set(why,
                         "cannot change directory to \"%s\" for uid=%lu "
                         "gid=%lu: %s",
                         options->folder, (unsigned long)options->uid,
                         (unsigned long)options->gid, reason);
    case STEP_EXEC:
        break;
    }
    return error_set(why, "execvp %s: %s", plan->argv[0], reason);
}

/* True when the pipe closes without a word: the program runs. */
static bool child_has_started(const struct plan *plan, int fd,
                              struct error *why)
{
    struct failure failure;
    ssize_t got;
    do
        got = read(fd, &failure, sizeof failure);
    while (got < 0 && errno == EINTR);
    if (got != (ssize_t)sizeof failure)
        return true;
    failure_text(plan, &failure, why);
    if (plan->options->obstacle != NULL)
        *plan->options->obstacle = failure.step == STEP_EXEC
                                       ? PROC_NOT_EXECUTED
                                       : PROC_NOT_PREPARED;
    errno = failure.number;
    return false;
}

/* Handlers of ours could speak to the parent: that of an event loop writes to
 * a socket which both have. */
pid_t proc_fork(void)
{
    sigset_t all, before;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, &before);
    pid_t pid = fork();
    if (pid == 0) {
        reset_signals();
        return 0;
    }
    int number = errno;
    sigprocmask(SIG_SETMASK, &before, NULL);
    errno = number;
    return pid;
}

static pid_t fork_child(struct plan *plan)
{
    pid_t pid = proc_fork();
    if (pid == 0)
        run_child(plan);
    return pid;
}

/* The system may be short of processes for a moment only. */
static pid_t fork_patiently(struct plan *plan)
{
    const struct proc_options *options = plan->options;
    pid_t pid = fork_child(plan);

    for (long i = 1; pid < 0 && i < options->fork_attempts; i++) {
        log_warning("fork: %s", strerror(errno));
        clock_sleep_ms(options->fork_delay_s * 1000L);
        pid = fork_child(plan);
    }
    return pid;
}

static pid_t start_and_listen(struct plan *plan, struct error *why)
{
    int report[2];
    if (pipe2(report, O_CLOEXEC) < 0) {
        error_set(why, "pipe: %s", strerror(errno));
        return -1;
    }
    plan->report_fd = report[1];
    pid_t pid = fork_patiently(plan);
    int number = errno;
    close(report[1]);
    if (pid < 0) {
        error_set(why, "fork: %s", strerror(number));
    } else if (!child_has_started(plan, report[0], why)) {
        number = errno;
        while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
            continue;
        pid = -1;
    }
    close(report[0]);
    errno = number;
    return pid;
}

pid_t proc_start(const struct proc_options *options, struct error *why)
{
    struct plan plan = { .options = options };
    if (options->obstacle != NULL)
        *options->obstacle = PROC_NOT_STARTED;
    plan.null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (plan.null_fd < 0) {
        error_set(why, "open /dev/null: %s", strerror(errno));
        return -1;
    }
    struct arena *arena = arena_new();
    plan_command(arena, &plan);
    plan_environment(arena, &plan);
    pid_t pid = start_and_listen(&plan, why);
    int number = errno;
    arena_free(arena);
    close(plan.null_fd);
    errno = number;
    return pid;
}

static bool has_ended(pid_t pid, int *status)
{
    pid_t got;
    do
        got = waitpid(pid, status, WNOHANG);
    while (got < 0 && errno == EINTR);
    if (got == 0)
        return false;
    if (got < 0) { /* somebody else has waited for it: how it went is lost */
        log_warning("waitpid %d: %s", (int)pid, strerror(errno));
        *status = 255 << 8;
    }
    return true;
}

/* Where the kernel has no descriptors for processes: look again and again. */
static bool poll_for_end(pid_t pid, deadline_t until, int *status)
{
    for (int pause_ms = 1; !has_ended(pid, status); pause_ms *= 2) {
        int left_ms = deadline_left_ms(until);
        if (left_ms == 0)
            return false;
        if (pause_ms > PAUSE_LONGEST_MS)
            pause_ms = PAUSE_LONGEST_MS;
        clock_sleep_ms(left_ms > 0 && left_ms < pause_ms ? left_ms : pause_ms);
    }
    return true;
}

bool proc_wait(pid_t pid, deadline_t until, int *status)
{
    int own_status;
    if (status == NULL)
        status = &own_status;
    if (has_ended(pid, status))
        return true;
    int fd = (int)syscall(SYS_pidfd_open, pid, 0U);
    if (fd < 0)
        return poll_for_end(pid, until, status);
    bool ended = io_wait(fd, IO_READ, until);
    close(fd);
    return ended ? poll_for_end(pid, until, status) : has_ended(pid, status);
}

void proc_kill_group(pid_t pid, int signal_number)
{
    if (pid <= 1) /* these would mean everybody */
        return;
    if (kill(-pid, signal_number) < 0 && errno == ESRCH)
        kill(pid, signal_number);
}

const char *proc_status_text(int status, char *out, size_t size)
{
    if (WIFSIGNALED(status))
        snprintf(out, size, "killed by signal %d", WTERMSIG(status));
    else
        snprintf(out, size, "exit status %d", WEXITSTATUS(status));
    return out;
}
