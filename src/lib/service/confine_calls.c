/* SPDX-License-Identifier: ISC
 *
 * confine_calls.c - which system calls a process can make: a seccomp filter.
 *
 * The filter is a program for the kernel's packet filter machine, written
 * here in full: a binary search among the ranges of numbers that have the same
 * verdict, and a few comparisons for calls whose arguments matter. The kernel
 * remembers for each number whether it is always allowed, so the common calls
 * cost nothing to speak of.
 *
 * A process that makes a call of an attacker's ends with SIGSYS, which master
 * logs. A call that libraries may try out fails with an error that they know.
 */
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/netlink.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fatal.h"
#include "confine_numbers.h"
#include "confine_private.h"

#if defined(__x86_64__) && defined(__LP64__)
enum { MACHINE_IS_KNOWN = 1 };
#define MACHINE AUDIT_ARCH_X86_64
#elif defined(__aarch64__) && defined(__LP64__)
enum { MACHINE_IS_KNOWN = 1 };
#define MACHINE AUDIT_ARCH_AARCH64
#elif defined(__riscv) && __riscv_xlen == 64
enum { MACHINE_IS_KNOWN = 1 };
#define MACHINE AUDIT_ARCH_RISCV64
#else
enum { MACHINE_IS_KNOWN = 0 };
#define MACHINE 0
#endif

enum {
    /* Calls of another interface of the same machine (x32) begin here. */
    NUMBERS_END = 0x40000000,
    PROGRAM_MAX = 2048, /* instructions; the kernel takes 4096 */
    CALLS_MAX = 512,
};

/* Terminal input in the name of another, and other ways to type for it. */
#ifndef TIOCLINUX
#define TIOCLINUX 0x541C
#endif
#ifndef PR_SET_PTRACER
#define PR_SET_PTRACER 0x59616d61
#endif

/* ---- Who may make which call ---- */

enum class { ALWAYS, COMMANDS, PROGRAM, OWNERS, IDENTITY, CHECKED, PROCESS,
             KERNEL, TOOLS };
enum verdict { ALLOW, REFUSE, KILL, MISSING, CHECK_SOCKET, CHECK_CLONE,
               CHECK_IOCTL, CHECK_PRCTL, CHECK_PRLIMIT };

static const struct {
    int number; /* -1: not on this machine */
    enum class class;
} calls[] = {
#define CALL(name, class) { SYS_##name, class },
#include "confine_calls.def"
#undef CALL
};

static enum verdict check_of(int number)
{
    switch (number) {
    case SYS_socket: return CHECK_SOCKET;
    case SYS_clone: return CHECK_CLONE;
    case SYS_ioctl: return CHECK_IOCTL;
    case SYS_prctl: return CHECK_PRCTL;
    case SYS_prlimit64: return CHECK_PRLIMIT;
    default: panic("system call %d has no check", number);
    }
}

static enum verdict verdict_of(size_t i, unsigned may)
{
    bool has_commands = (may & MAY_EXEC) != 0;
    bool is_owner = (may & MAY_CHANGE_UID) != 0;

    switch (calls[i].class) {
    case ALWAYS: return ALLOW;
    case COMMANDS: return has_commands ? ALLOW : REFUSE;
    case PROGRAM: return has_commands ? ALLOW : KILL;
    case OWNERS: return has_commands || is_owner ? ALLOW : REFUSE;
    case IDENTITY: return has_commands || is_owner ? ALLOW : KILL;
    case CHECKED:
        return has_commands ? ALLOW : check_of(calls[i].number);
    case PROCESS: return has_commands ? ALLOW : KILL;
    case KERNEL: return has_commands ? REFUSE : KILL;
    case TOOLS: return has_commands || tools_watch() ? ALLOW : KILL;
    }
    return KILL;
}

/* ---- Ranges of numbers ---- */

struct range {
    unsigned first; /* up to the next range's */
    enum verdict verdict;
};
struct ranges {
    struct range items[2 * CALLS_MAX];
    size_t count;
};

static void add_range(struct ranges *r, unsigned first, enum verdict verdict)
{
    if (r->count > 0 && r->items[r->count - 1].first == first)
        r->count--;
    if (r->count == 0 || r->items[r->count - 1].verdict != verdict)
        r->items[r->count++] = (struct range){ first, verdict };
}

static void make_ranges(struct ranges *r, unsigned may)
{
    enum verdict others = may & MAY_EXEC ? ALLOW : MISSING;
    enum verdict verdicts[CALLS_MAX];

    for (size_t i = 0; i < CALLS_MAX; i++)
        verdicts[i] = others;
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
        if (calls[i].number >= 0 && calls[i].number < CALLS_MAX)
            verdicts[calls[i].number] = verdict_of(i, may);
    r->count = 0;
    for (unsigned i = 0; i < CALLS_MAX; i++)
        add_range(r, i, verdicts[i]);
    add_range(r, CALLS_MAX, others);
    add_range(r, NUMBERS_END, MISSING);
}

/* ---- The program ---- */

struct program {
    struct sock_filter code[PROGRAM_MAX];
    unsigned short length;
    unsigned may;
};

static struct sock_filter *emit(struct program *p, unsigned code,
                                unsigned value, unsigned yes, unsigned no)
{
    if (p->length == PROGRAM_MAX)
        panic("the system call filter is too long");
    struct sock_filter *instruction = &p->code[p->length++];
    *instruction = (struct sock_filter){ (unsigned short)code,
                                         (unsigned char)yes,
                                         (unsigned char)no, value };
    return instruction;
}

static void load(struct program *p, size_t offset)
{
    emit(p, BPF_LD | BPF_W | BPF_ABS, (unsigned)offset, 0, 0);
}

/* The lower half, which is all that the kernel itself looks at here. */
static void load_argument(struct program *p, size_t i)
{
    load(p, offsetof(struct seccomp_data, args) + i * sizeof(uint64_t));
}

static void answer(struct program *p, unsigned what)
{
    emit(p, BPF_RET | BPF_K, what, 0, 0);
}

static void answer_error(struct program *p, int number)
{
    answer(p, SECCOMP_RET_ERRNO | (unsigned)number);
}

static void if_equal(struct program *p, unsigned value, unsigned what)
{
    emit(p, BPF_JMP | BPF_JEQ | BPF_K, value, 0, 1);
    answer(p, what);
}

/* Netlink is how addresses of interfaces are read; changing them would need
 * a capability. */
static void check_socket(struct program *p)
{
    load_argument(p, 0);
    if_equal(p, AF_UNIX, SECCOMP_RET_ALLOW);
    if (p->may & MAY_CONNECT_INET) {
        if_equal(p, AF_INET, SECCOMP_RET_ALLOW);
        if_equal(p, AF_INET6, SECCOMP_RET_ALLOW);
    }
    if_equal(p, AF_PACKET, SECCOMP_RET_KILL_PROCESS);
    emit(p, BPF_JMP | BPF_JEQ | BPF_K, AF_NETLINK, 1, 0);
    answer_error(p, EAFNOSUPPORT);
    load_argument(p, 2);
    if_equal(p, NETLINK_ROUTE, SECCOMP_RET_ALLOW);
    answer_error(p, EAFNOSUPPORT);
}

/* Threads, but no processes. */
static void check_clone(struct program *p)
{
    load_argument(p, 0);
    emit(p, BPF_JMP | BPF_JSET | BPF_K, CLONE_THREAD, 0, 1);
    answer(p, SECCOMP_RET_ALLOW);
    if (tools_watch())
        answer(p, SECCOMP_RET_ALLOW);
    else
        answer_error(p, EPERM);
}

static void check_ioctl(struct program *p)
{
    load_argument(p, 1);
    if_equal(p, TIOCSTI, SECCOMP_RET_ERRNO | EPERM);
    if_equal(p, TIOCLINUX, SECCOMP_RET_ERRNO | EPERM);
    answer(p, SECCOMP_RET_ALLOW);
}

/* Nobody is let into this process again. */
static void check_prctl(struct program *p)
{
    load_argument(p, 0);
    if (!tools_watch()) {
        if_equal(p, PR_SET_DUMPABLE, SECCOMP_RET_ERRNO | EPERM);
        if_equal(p, PR_SET_PTRACER, SECCOMP_RET_ERRNO | EPERM);
    }
    answer(p, SECCOMP_RET_ALLOW);
}

static void check_prlimit(struct program *p)
{
    load_argument(p, 0);
    if_equal(p, 0, SECCOMP_RET_ALLOW); /* of this process */
    answer_error(p, EPERM);
}

static void emit_verdict(struct program *p, enum verdict verdict)
{
    switch (verdict) {
    case ALLOW: answer(p, SECCOMP_RET_ALLOW); return;
    case REFUSE: answer_error(p, EPERM); return;
    case KILL: answer(p, SECCOMP_RET_KILL_PROCESS); return;
    case MISSING: answer_error(p, ENOSYS); return;
    case CHECK_SOCKET: check_socket(p); return;
    case CHECK_CLONE: check_clone(p); return;
    case CHECK_IOCTL: check_ioctl(p); return;
    case CHECK_PRCTL: check_prctl(p); return;
    case CHECK_PRLIMIT: check_prlimit(p); return;
    }
}

/* The upper half of <count> ranges is behind a jump, which may be long: a
 * comparison alone could skip no more than 255 instructions. */
static void emit_search(struct program *p, const struct range *ranges,
                        size_t count)
{
    if (count == 1) {
        emit_verdict(p, ranges->verdict);
        return;
    }
    size_t half = count / 2;
    emit(p, BPF_JMP | BPF_JGE | BPF_K, ranges[half].first, 0, 1);
    struct sock_filter *jump = emit(p, BPF_JMP | BPF_JA, 0, 0, 0);
    unsigned short after_jump = p->length;
    emit_search(p, ranges, half);
    jump->k = (unsigned)(p->length - after_jump);
    emit_search(p, ranges + half, count - half);
}

static void write_program(struct program *p, unsigned may)
{
    struct ranges ranges;

    p->length = 0;
    p->may = may;
    make_ranges(&ranges, may);
    load(p, offsetof(struct seccomp_data, arch));
    emit(p, BPF_JMP | BPF_JEQ | BPF_K, MACHINE, 1, 0);
    answer(p, SECCOMP_RET_KILL_PROCESS);
    load(p, offsetof(struct seccomp_data, nr));
    emit_search(p, ranges.items, ranges.count);
}

/* ---- The kernel ---- */

bool calls_can_be_confined(void)
{
    unsigned action = SECCOMP_RET_KILL_PROCESS;

    return MACHINE_IS_KNOWN &&
           syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0U, &action) == 0;
}

void calls_confine(unsigned may)
{
    struct program p;

    if (!calls_can_be_confined())
        return;
    write_program(&p, may);
    const struct sock_fprog prog = { p.length, p.code };
    if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0U, &prog) != 0)
        fatal("seccomp: %m");
}
