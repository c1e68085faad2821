/* SPDX-License-Identifier: ISC
 *
 * kill_at.c - for crash_commands.test: SIGKILL at a chosen system call.
 *
 * kill_at count FILE [-p PID] COMMAND...
 *     run it, and write down each call: "PROCESS CALL", where the command is
 *     process 0 and its children are 1, 2...
 * kill_at PROCESS CALL [-p PID] COMMAND...
 *     kill that process in front of that call; -CALL: all of them
 *
 * Calls that others cannot see, such as reading, are not counted. With -p it is
 * process PID, and it alone, that is traced while the command runs. What the
 * command left running is let go when it has ended. Exits as the command does,
 * with 137 if it was killed.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

struct process {
    pid_t pid;
    long calls;
};
static struct process processes[4000];
static int process_count;
static int victim = -1;
static long fatal_call;
static bool kills_all;
static FILE *points;
static pid_t only; /* traced alone, or 0 */

static struct process *process_of(pid_t pid)
{
    for (int i = process_count - 1; i >= 0; i--)
        if (processes[i].pid == pid)
            return &processes[i];
    if (process_count == 4000)
        exit(2);
    processes[process_count].pid = pid;
    return &processes[process_count++];
}

/* Does it change what others find? */
static bool is_counted(const struct __ptrace_syscall_info *call)
{
    switch (call->entry.nr) {
    case SYS_openat:
        return (call->entry.args[2] & (O_CREAT | O_TRUNC | O_TMPFILE)) != 0;
#ifdef SYS_open
    case SYS_open:
        return (call->entry.args[1] & (O_CREAT | O_TRUNC | O_TMPFILE)) != 0;
    case SYS_rename:
    case SYS_link:
    case SYS_unlink:
    case SYS_symlink:
    case SYS_mkdir:
    case SYS_rmdir:
    case SYS_chmod:
    case SYS_chown:
    case SYS_fork:
    case SYS_vfork:
#endif
    case SYS_renameat:
    case SYS_renameat2:
    case SYS_linkat:
    case SYS_unlinkat:
    case SYS_symlinkat:
    case SYS_mkdirat:
    case SYS_fchmod:
    case SYS_fchmodat:
    case SYS_fchown:
    case SYS_fchownat:
    case SYS_utimensat:
    case SYS_write:
    case SYS_pwrite64:
    case SYS_writev:
    case SYS_sendto:
    case SYS_sendmsg:
    case SYS_ftruncate:
    case SYS_fallocate:
    case SYS_fsync:
    case SYS_fdatasync:
    case SYS_msync:
    case SYS_flock:
    case SYS_connect:
    case SYS_kill:
    case SYS_clone:
    case SYS_execve:
    case SYS_exit_group: return true;
    default: return false;
    }
}

static void kill_now(const struct process *p)
{
    for (int i = 0; kills_all && i < process_count; i++)
        kill(processes[i].pid, SIGKILL);
    kill(p->pid, SIGKILL);
}

static void stopped_in_call(pid_t pid)
{
    struct __ptrace_syscall_info call = { .op = PTRACE_SYSCALL_INFO_NONE };
    struct process *p = process_of(pid);

    if (ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof call, &call) <= 0 ||
        call.op != PTRACE_SYSCALL_INFO_ENTRY || !is_counted(&call))
        return;
    p->calls++;
    if (points != NULL)
        fprintf(points, "%d %ld\n", (int)(p - processes), p->calls);
    if (p->calls == fatal_call && p - processes == victim)
        kill_now(p);
}

static void attach(pid_t pid)
{
    long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEEXEC;

    if (only == 0)
        options |=
            PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE;
    if (ptrace(PTRACE_SEIZE, pid, 0, options) != 0) {
        perror("ptrace");
        exit(2);
    }
    ptrace(PTRACE_INTERRUPT, pid, 0, 0);
    process_of(pid);
}

/* What stopped goes on; returns the signal that it is to get. */
static int signal_of(pid_t pid, int status)
{
    int signal = WSTOPSIG(status);

    if (signal == (SIGTRAP | 0x80)) {
        stopped_in_call(pid);
        return 0;
    }
    if (status >> 16 != 0) /* an event, or the first stop of a child */
        return 0;
    return signal;
}

/* Until the command has ended; returns its status. */
static int follow(pid_t command)
{
    int status;

    for (;;) {
        pid_t pid = waitpid(-1, &status, __WALL);
        if (pid < 0) {
            if (errno == EINTR)
                continue;
            return 2;
        }
        if (!WIFSTOPPED(status)) {
            if (pid == command)
                return WIFSIGNALED(status) ? 128 + WTERMSIG(status)
                                           : WEXITSTATUS(status);
            continue;
        }
        if (pid != command || only == 0)
            process_of(pid);
        if (status >> 16 == PTRACE_EVENT_STOP &&
            WSTOPSIG(status) != SIGTRAP) /* by a signal such as SIGSTOP */
            ptrace(PTRACE_LISTEN, pid, 0, 0);
        else
            ptrace(PTRACE_SYSCALL, pid, 0, (long)signal_of(pid, status));
    }
}

/* It waits until it is traced. */
static pid_t start(char **argv)
{
    int go[2];
    char byte;

    if (pipe(go) != 0)
        exit(2);
    pid_t pid = fork();
    if (pid == 0) {
        close(go[1]);
        if (read(go[0], &byte, 1) != 1)
            _exit(2);
        close(go[0]);
        execvp(argv[0], argv);
        perror(argv[0]);
        _exit(2);
    }
    close(go[0]);
    attach(only != 0 ? only : pid);
    if (write(go[1], "g", 1) != 1)
        exit(2);
    close(go[1]);
    return pid;
}

int main(int argc, char **argv)
{
    int first = 3;

    if (argc <= first)
        return 2;
    if (strcmp(argv[1], "count") == 0) {
        points = fopen(argv[2], "we");
        if (points == NULL)
            return 2;
    } else {
        victim = atoi(argv[1]);
        fatal_call = labs(atol(argv[2]));
        kills_all = argv[2][0] == '-';
    }
    if (strcmp(argv[first], "-p") == 0) {
        only = atoi(argv[first + 1]);
        first += 2;
    }
    return follow(start(argv + first));
}
