/* SPDX-License-Identifier: ISC
 *
 * proc.c - tests of base/proc.h.
 */
#include "base/proc.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/str.h"
#include "test.h"

static struct str output = STR_EMPTY;

/* Run to the end; the output, or the reason why it cannot be run. */
static const char *run(struct proc_options options, int *status)
{
    struct error why = ERROR_NONE;
    int own_status;
    options.in = options.err = -1;
    options.out = open(test_path("out"), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    pid_t pid = proc_start(&options, &why);
    close(options.out);
    if (pid < 0) {
        str_set(&output, why.text);
        return output.data;
    }
    CHECK(proc_wait(pid, deadline_in_s(120),
                    status == NULL ? &own_status : status));
    file_read(test_path("out"), 100000, &output, NULL);
    return output.data;
}

static const char *run_command(const char *command)
{
    return run((struct proc_options){ .command = command }, NULL);
}

TEST(proc_runs_commands)
{
    CHECK_STR(run_command("/bin/echo a  b"), "a b\n");
    CHECK_STR(run_command("echo 'a  b' | cat"), "a  b\n");
    CHECK_STR(run_command("echo a\\ $0"), "a sh\n");
    CHECK_STR(run_command("x=1 /bin/echo y"), "y\n");
    const char *const argv[] = { "echo", "a  b", "$x", NULL };
    CHECK_STR(run((struct proc_options){ .argv = argv }, NULL), "a  b $x\n");
    CHECK_STR(run((struct proc_options){ .command = "a  b",
                                         .shell = "/bin/echo -c" }, NULL),
              "-c a  b\n");
}

TEST(proc_tells_the_status)
{
    char text[64];
    int status = 0;
    run((struct proc_options){ .command = "exit 75" }, &status);
    CHECK_STR(proc_status_text(status, text, sizeof text), "exit status 75");
    run((struct proc_options){ .command = "kill -9 $$" }, &status);
    CHECK_STR(proc_status_text(status, text, sizeof text),
              "killed by signal 9");
    run((struct proc_options){ .command = "umask 077" }, &status);
    CHECK_INT(status, 0);
}

TEST(proc_start_says_why_not)
{
    const char *const argv[] = { "/no/such/program", NULL };
    const char *const folder[] = { "/", NULL };
    enum proc_obstacle obstacle;
    CHECK_STR(run((struct proc_options){ .argv = argv }, NULL),
              "execvp /no/such/program: No such file or directory");
    CHECK_INT(errno, ENOENT);
    CHECK_STR(run((struct proc_options){ .argv = folder }, NULL),
              "execvp /: Permission denied");
    CHECK_STR(run((struct proc_options){ .command = "true",
                                         .folder = "/no/where",
                                         .obstacle = &obstacle }, NULL),
              "cannot change directory to \"/no/where\" for uid=0 gid=0: "
              "No such file or directory");
    CHECK_INT(obstacle, PROC_NOT_PREPARED);
    CHECK_STR(run((struct proc_options){ .command = "none",
                                         .obstacle = &obstacle }, NULL),
              "execvp none: No such file or directory");
    CHECK_INT(obstacle, PROC_NOT_EXECUTED);
    CHECK(strncmp(run((struct proc_options){ .command = "true",
                                             .chroot_folder = "/no/where" },
                      NULL),
                  "chroot(/no/where): ", 19) == 0);
    CHECK(waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD);
}

TEST(proc_environment_is_only_what_is_listed)
{
    const char *const add[] = { "TWICE=2", "EMPTY=", NULL };
    setenv("KEPT", "yes", 1);
    setenv("DROPPED", "no", 1);
    CHECK_STR(run((struct proc_options){ .command = "/usr/bin/env",
                                         .env_export =
                                             "KEPT, MISSING SET=here TWICE=1 "
                                             "{ WORDS = two  words } {KEPT}",
                                         .env_add = add }, NULL),
              "KEPT=yes\nSET=here\nTWICE=2\nWORDS=two  words\nEMPTY=\n");
    CHECK_STR(run_command("/usr/bin/env"), "");
}

TEST(proc_gives_no_other_descriptors)
{
    for (int i = 0; i < 20; i++)
        CHECK(dup(0) >= 0);
    CHECK(dup2(0, 500) == 500);
    /* 3 is the folder that ls itself reads */
    CHECK_STR(run_command("/bin/ls /proc/self/fd"), "0\n1\n2\n3\n");
}

/* From now on this process has none of these calls. */
static void refuse(long call, long also)
{
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)call, 1, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)also, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = { COUNT(filter), filter };

    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
        test_skip("no seccomp");
}

static bool is_open(int fd)
{
    return fcntl(fd, F_GETFD) >= 0;
}

/* One that is far above, and others below it and around. */
static int open_some(void)
{
    struct rlimit limit;

    CHECK(getrlimit(RLIMIT_NOFILE, &limit) == 0);
    limit.rlim_cur = limit.rlim_max;
    CHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0);
    int high = limit.rlim_cur > 4000 ? 3000 : (int)limit.rlim_cur - 1;
    for (int fd = 20; fd < 400; fd++)
        CHECK(dup2(0, fd) == fd);
    CHECK(dup2(0, high) == high);
    return high;
}

static void check_closed_from(int first, int high)
{
    int open_count = 0;

    for (int fd = first; fd <= high; fd++)
        open_count += is_open(fd);
    CHECK_INT(open_count, 0);
    CHECK(is_open(first - 1) && is_open(2));
}

TEST(proc_close_from_works_on_old_kernels)
{
    int high = open_some();
    refuse(SYS_close_range, SYS_close_range);
    /* What was opened before stays open above a limit that came later. */
    setrlimit(RLIMIT_NOFILE, &(struct rlimit){ 50, 50 });
    proc_close_from(30);
    check_closed_from(30, high);
}

TEST(proc_close_from_works_without_proc)
{
    int high = open_some();
    refuse(SYS_close_range, SYS_getdents64);
    setrlimit(RLIMIT_NOFILE,
              &(struct rlimit){ (rlim_t)high + 1, (rlim_t)high + 1 });
    proc_close_from(30);
    check_closed_from(30, high);
}

TEST(proc_descriptors_may_be_crossed)
{
    int out = open(test_path("a"), O_RDWR | O_CREAT, 0600);
    int err = open(test_path("b"), O_RDWR | O_CREAT, 0600);
    int status;
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) { /* here 2 is to become 1, and 1 is to become 2 */
        dup2(out, 2);
        dup2(err, 1);
        close(0);
        pid_t pid = proc_start(
            &(struct proc_options){ .command = "echo out; echo err >&2",
                                    .in = -1, .out = 2, .err = 1 },
            NULL);
        _exit(pid > 0 && proc_wait(pid, DEADLINE_NEVER, &status) ? 0 : 1);
    }
    waitpid(child, &status, 0);
    CHECK_INT(status, 0);
    CHECK(file_read(test_path("a"), 100, &output, NULL));
    CHECK_STR(output.data, "out\n");
    CHECK(file_read(test_path("b"), 100, &output, NULL));
    CHECK_STR(output.data, "err\n");
}

TEST(proc_resets_signals)
{
    int status = 0;
    sigset_t set;
    signal(SIGPIPE, SIG_IGN);
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigprocmask(SIG_BLOCK, &set, NULL);
    run((struct proc_options){ .command = "kill -PIPE $$; exit 3" }, &status);
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGPIPE);
    run((struct proc_options){ .command = "kill -TERM $$; exit 3" }, &status);
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
    sigprocmask(SIG_BLOCK, NULL, &set);
    CHECK(sigismember(&set, SIGTERM) == 1 && sigismember(&set, SIGHUP) == 0);
}

TEST(proc_wait_until_the_deadline)
{
    int status;
    pid_t pid = proc_start(
        &(struct proc_options){ .command = "sleep 100; true", .in = -1,
                                .out = -1, .err = -1, .own_group = true },
        NULL);
    CHECK(pid > 0);
    CHECK(!proc_wait(pid, 0, &status));
    CHECK(!proc_wait(pid, deadline_in_ms(50), &status));
    CHECK_INT(getpgid(pid), pid);
    proc_kill_group(pid, SIGKILL);
    CHECK(proc_wait(pid, deadline_in_s(120), &status));
    CHECK(WIFSIGNALED(status));
    proc_kill_group(0, SIGKILL); /* not us */
    proc_kill_group(-1, SIGKILL);
}

TEST(proc_as_another_user)
{
    if (geteuid() != 0)
        test_skip("needs root");
    struct proc_options options = { .command = "id -u; id -g; id -G; pwd",
                                    .set_user = true, .uid = 65534,
                                    .gid = 65534, .folder = "/usr" };
    CHECK_STR(run(options, NULL), "65534\n65534\n65534\n/usr\n");
}
