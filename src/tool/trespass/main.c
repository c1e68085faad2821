/* SPDX-License-Identifier: ISC
 *
 * main.c - trespass: make a running process try what it may not do.
 *
 *     trespass PID read /etc/shadow
 *
 * It is stopped, makes the system call in its own name, and goes on where it
 * was. Prints "allowed", the name of the error, or "killed". Exit status 77:
 * this machine or this user cannot do that.
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fatal.h"
#include "base/num.h"

enum {
    EXIT_CANNOT = 77,
    TEXT_MAX_BYTES = 1024,
    RED_ZONE = 128,
    AT_SYSTEM_CALL = SIGTRAP | 0x80,
};

/* What is tried: <path> stands for the address of the text that was given. */
#define PATH_ARGUMENT (-4096L)
static const struct attempt {
    const char *name;
    long number, arguments[4];
    bool gives_descriptor;
} attempts[] = {
    { "read", SYS_openat, { AT_FDCWD, PATH_ARGUMENT, O_RDONLY }, true },
    { "write",
      SYS_openat,
      { AT_FDCWD, PATH_ARGUMENT, O_WRONLY | O_CREAT, 0600 },
      true },
    { "list",
      SYS_openat,
      { AT_FDCWD, PATH_ARGUMENT, O_RDONLY | O_DIRECTORY },
      true },
    { "make", SYS_mkdir, { PATH_ARGUMENT, 0700 }, false },
    { "remove", SYS_unlink, { PATH_ARGUMENT }, false },
    { "exec", SYS_execve, { PATH_ARGUMENT, 0, 0 }, false },
    { "mount", SYS_mount, { 0, PATH_ARGUMENT, 0, 0 }, false },
    { "chroot", SYS_chroot, { PATH_ARGUMENT }, false },
    { "inet", SYS_socket, { AF_INET, SOCK_STREAM, 0 }, true },
    { "inet6", SYS_socket, { AF_INET6, SOCK_DGRAM, 0 }, true },
    { "unix", SYS_socket, { AF_UNIX, SOCK_STREAM, 0 }, true },
    { "packet", SYS_socket, { AF_PACKET, SOCK_RAW, 0 }, true },
    { "become-root", SYS_setresuid, { 0, 0, 0 }, false },
    { "ptrace", SYS_ptrace, { PTRACE_TRACEME, 0, 0, 0 }, false },
    { "fork", SYS_clone, { SIGCHLD, 0, 0, 0 }, false },
    { "signal", SYS_kill, { 1, 0 }, false },
    { "unshare", SYS_unshare, { CLONE_NEWUSER }, false },
    { "bpf", SYS_bpf, { 0, 0, 0 }, false },
    { "module", SYS_init_module, { 0, 0, 0 }, false },
};

_Noreturn static void cannot(const char *what)
{
    fprintf(stderr, "trespass: %s: %s\n", what, strerror(errno));
    exit(EXIT_CANNOT);
}

#ifdef __x86_64__

typedef struct user_regs_struct registers;

struct target {
    pid_t pid;
    int memory;
    int signal; /* one that came meanwhile, or 0 */
    registers before;
};

static void get_registers(const struct target *t, registers *r)
{
    struct iovec place = { r, sizeof *r };

    if (ptrace(PTRACE_GETREGSET, t->pid, NT_PRSTATUS, &place) != 0)
        cannot("PTRACE_GETREGSET");
}

static void set_registers(const struct target *t, registers *r)
{
    struct iovec place = { r, sizeof *r };

    if (ptrace(PTRACE_SETREGSET, t->pid, NT_PRSTATUS, &place) != 0)
        cannot("PTRACE_SETREGSET");
}

/* What it has stopped for; 0: it has ended. */
static int await_stop(struct target *t)
{
    int status;

    if (waitpid(t->pid, &status, __WALL) != t->pid)
        cannot("waitpid");
    if (!WIFSTOPPED(status))
        return 0;
    bool is_event = status >> 16 != 0;
    if (!is_event && WSTOPSIG(status) != AT_SYSTEM_CALL)
        t->signal = WSTOPSIG(status);
    return WSTOPSIG(status);
}

/* On to the beginning or the end of a call, past other stops. False: it has
 * ended. */
static bool to_system_call(struct target *t)
{
    int why;

    do {
        if (ptrace(PTRACE_SYSCALL, t->pid, 0, 0) != 0)
            return false;
        why = await_stop(t);
    } while (why != 0 && why != AT_SYSTEM_CALL);
    return why != 0;
}

/* It must wait in a system call: then that instruction is behind it. */
static bool stop(struct target *t)
{
    unsigned char code[2];

    if (ptrace(PTRACE_SEIZE, t->pid, 0, PTRACE_O_TRACESYSGOOD) != 0)
        cannot("PTRACE_SEIZE");
    if (ptrace(PTRACE_INTERRUPT, t->pid, 0, 0) != 0 || !await_stop(t))
        cannot("PTRACE_INTERRUPT");
    get_registers(t, &t->before);
    return pread(t->memory, code, sizeof code,
                 (off_t)(t->before.rip - sizeof code)) == sizeof code &&
           code[0] == 0x0f && code[1] == 0x05;
}

/* One system call. False: the process has ended. */
static bool make_call(struct target *t, long number, const long *arguments,
                      long *result)
{
    registers r = t->before;

    r.orig_rax = (unsigned long)-1;
    r.rax = (unsigned long)number;
    r.rdi = (unsigned long)arguments[0];
    r.rsi = (unsigned long)arguments[1];
    r.rdx = (unsigned long)arguments[2];
    r.r10 = (unsigned long)arguments[3];
    r.rip -= 2;
    set_registers(t, &r);
    for (int i = 0; i < 2; i++) /* into the call, and out of it */
        if (!to_system_call(t))
            return false;
    get_registers(t, &r);
    *result = (long)r.rax;
    /* A call that kills leaves its number there, as nothing has been done. */
    return *result != number || ptrace(PTRACE_CONT, t->pid, 0, 0) != 0 ||
           await_stop(t) != 0;
}

/* The call that we broke into is made again, as the kernel would do it. */
static void let_go(const struct target *t)
{
    enum { ERESTART_SYS = 512, ERESTART_NO_HANDLER = 514,
           ERESTART_BLOCK = 516 };
    registers r = t->before;
    long result = (long)r.rax;

    if ((long)r.orig_rax >= 0 && result <= -ERESTART_SYS &&
        result >= -ERESTART_BLOCK) {
        r.rax = result < -ERESTART_NO_HANDLER ? SYS_restart_syscall
                                              : r.orig_rax;
        r.rip -= 2;
    }
    r.orig_rax = (unsigned long)-1;
    set_registers(t, &r);
    if (ptrace(PTRACE_DETACH, t->pid, 0, t->signal) != 0)
        cannot("PTRACE_DETACH");
}

/* "allowed", an error, "killed"; NULL: it was not waiting. */
static const char *try(pid_t pid, const struct attempt *a, const char *text)
{
    char name[64], saved[TEXT_MAX_BYTES];
    long arguments[4], result, ignored;
    struct target t = { .pid = pid };

    snprintf(name, sizeof name, "/proc/%d/mem", (int)pid);
    t.memory = open(name, O_RDWR | O_CLOEXEC);
    if (t.memory < 0)
        cannot(name);
    if (!stop(&t)) {
        let_go(&t);
        close(t.memory);
        return NULL;
    }
    off_t place = (off_t)((t.before.rsp - RED_ZONE - sizeof saved) & ~15UL);
    size_t length = strlen(text) + 1;
    if (pread(t.memory, saved, length, place) != (ssize_t)length ||
        pwrite(t.memory, text, length, place) != (ssize_t)length)
        cannot("memory");
    for (size_t i = 0; i < 4; i++)
        arguments[i] =
            a->arguments[i] == PATH_ARGUMENT ? (long)place : a->arguments[i];
    if (!make_call(&t, a->number, arguments, &result))
        return "killed";
    if (pwrite(t.memory, saved, length, place) != (ssize_t)length)
        cannot("memory");
    if (result >= 0 && a->gives_descriptor)
        make_call(&t, SYS_close, (long[4]){ result }, &ignored);
    let_go(&t);
    close(t.memory);
    return result < 0 ? strerrorname_np((int)-result) : "allowed";
}

#else

static const char *try(pid_t pid, const struct attempt *a, const char *text)
{
    (void)pid, (void)a, (void)text;
    errno = ENOSYS;
    cannot("this machine");
}

#endif

static const struct attempt *find(const char *name)
{
    for (size_t i = 0; i < sizeof attempts / sizeof *attempts; i++)
        if (strcmp(attempts[i].name, name) == 0)
            return &attempts[i];
    fatal("unknown attempt: %s", name);
}

int main(int argc, char **argv)
{
    const char *result = NULL;
    long pid;

    if (argc < 3 || argc > 4 || !num_parse_long(argv[1], 1, INT_MAX, &pid) ||
        (argc == 4 && strlen(argv[3]) >= TEXT_MAX_BYTES))
        fatal("usage: trespass PID ATTEMPT [PATH]");
    /* It may be on its way back to where it waits. */
    for (int i = 0; i < 1000 && result == NULL; i++) {
        if (i > 0)
            clock_sleep_ms(10);
        result = try((pid_t)pid, find(argv[2]),
                     argc == 4 ? argv[3] : "");
    }
    if (result == NULL) {
        errno = EBUSY;
        cannot("the process does not wait");
    }
    puts(result);
    return 0;
}
