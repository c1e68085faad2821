/* SPDX-License-Identifier: ISC
 *
 * confine.c - tests of service/confine.h: what processes with this or that
 * declaration can still do.
 */
#include "service/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "config.h"
#include "confine_private.h"
#include "test.h"

/* ---- what a process tries: 0 or -1 and errno ---- */

static int reads_etc(void) { return open("/etc/passwd", O_RDONLY); }
static int reads_usr(void) { return open("/usr/lib", O_RDONLY); }
static int reads_outside(void) { return open("outside/file", O_RDONLY); }
static int writes_outside(void) { return open("outside/new", O_WRONLY | O_CREAT, 0600); }
static int reads_active(void) { return open("active/file", O_RDONLY); }
static int writes_active(void) { return open("active/file", O_WRONLY); }
static int cuts_active(void) { return truncate("active/file", 0); }
static int moves(void) { return rename("active/file", "deferred/file"); }
static int moves_out(void) { return rename("active/file", "outside/file"); }
static int links_in(void) { return link("outside/file", "active/link"); }
static int makes_folder(void) { return mkdir("active/A", 0700); }
static int makes_link(void) { return symlink("/etc", "active/symlink"); }
static int makes_device(void) { return mknod("active/fifo", S_IFIFO | 0600, 0); }
static int reads_data(void) { return open("data/file", O_RDONLY); }
static int writes_data(void) { return open("data/new", O_RDWR | O_CREAT, 0600); }
static int reads_table(void) { return open("tables/access.db", O_RDONLY); }
static int writes_cache(void) { return open("caches/verify.db", O_RDWR | O_CREAT, 0600); }
static int opens_null(void) { return open("/dev/null", O_RDWR); }
static int gives_away(void) { return chown("active/file", getuid(), getgid()); }
static int speaks_unix(void) { return socket(AF_UNIX, SOCK_STREAM, 0); }
static int speaks_inet(void) { return socket(AF_INET, SOCK_STREAM, 0); }
static int speaks_inet6(void) { return socket(AF_INET6, SOCK_DGRAM, 0); }
static int lists_interfaces(void) { return socket(AF_NETLINK, SOCK_RAW, 0); }
static int watches_kernel(void) { return socket(AF_NETLINK, SOCK_RAW, 15); }
static int sniffs(void) { return socket(AF_PACKET, SOCK_RAW, 0); }
static int encrypts(void) { return socket(38 /* AF_ALG */, SOCK_SEQPACKET, 0); }
static int executes(void) { return (int)syscall(SYS_execve, "/bin/true", NULL, NULL); }
static int executes_at(void) { return (int)syscall(SYS_execveat, -1, "", NULL, NULL, 0); }
static int forks(void)
{
    pid_t pid = (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);

    if (pid == 0)
        _exit(0);
    return pid < 0 ? -1 : 0;
}
static void *rest(void *argument) { return argument; }
static int starts_thread(void)
{
    pthread_t thread;

    errno = pthread_create(&thread, NULL, rest, NULL);
    return errno == 0 && pthread_join(thread, NULL) == 0 ? 0 : -1;
}
static int traces(void) { return (int)syscall(SYS_ptrace, PTRACE_ATTACH, getppid(), 0, 0); }
static int peeks(void) { return (int)syscall(SYS_process_vm_writev, getppid(), NULL, 0, NULL, 0, 0); }
static int changes_user(void) { return (int)syscall(SYS_setresuid, -1, -1, -1); }
static int changes_groups(void) { return (int)syscall(SYS_setgroups, 0, NULL); }
static int mounts(void) { return (int)syscall(SYS_mount, NULL, "/", NULL, 0, NULL); }
static int changes_root(void) { return (int)syscall(SYS_chroot, "/"); }
static int unshares(void) { return (int)syscall(SYS_unshare, CLONE_NEWUSER); }
static int loads_program(void) { return (int)syscall(SYS_bpf, 0, NULL, 0); }
static int loads_module(void) { return (int)syscall(SYS_finit_module, -1, "", 0); }
static int loads_kernel(void) { return (int)syscall(SYS_kexec_load, 0, 0, NULL, 0); }
static int signals(void) { return kill(getppid(), 0); }
static int shows_memory(void) { return prctl(PR_SET_DUMPABLE, 1); }
static int types(void) { return (int)syscall(SYS_ioctl, 0, 0x5412 /* TIOCSTI */, ""); }
static int limits_itself(void)
{
    struct rlimit limit;

    return getrlimit(RLIMIT_NOFILE, &limit);
}
static int limits_others(void)
{
    return prlimit(getppid(), RLIMIT_NOFILE, &(struct rlimit){ 9, 9 }, NULL);
}
static int makes_unknown_call(void) { return (int)syscall(999); }
static int splices(void) { return (int)syscall(SYS_splice, -1, NULL, -1, NULL, 0, 0); }
static int sets_timer(void) { return (int)syscall(SYS_timer_delete, 999); }
static int watches(void) { return (int)syscall(SYS_inotify_rm_watch, -1, 0); }
static int maps_with_ring(void) { return (int)syscall(425 /* io_uring_setup */, 1, NULL); }

/* ---- rows ---- */

enum {
    ANVIL = 0,
    QMGR = MAY_WRITE_QUEUE,
    SHOWQ = MAY_READ_QUEUE,
    REWRITE = MAY_READ_CONFIG,
    SMTPD = MAY_READ_CONFIG | MAY_CONNECT_INET,
    SMTP = MAY_READ_CONFIG | MAY_CONNECT_INET | MAY_WRITE_QUEUE,
    VERIFY = MAY_READ_CONFIG | MAY_WRITE_DATA,
    VIRTUAL = MAY_READ_CONFIG | MAY_WRITE_QUEUE | MAY_CHANGE_UID,
};

enum expected { MAY = 0, KILLED = -SIGSYS };

/* Of a kernel that confines files; and calls. */
static const struct attempt {
    const char *what;
    unsigned may;
    int (*try)(void);
    int want; /* MAY, an error, KILLED */
    bool is_of_files;
} attempts[] = {
#define FILES(may, try, want) { #may " " #try, may, try, want, true },
#define CALLS(may, try, want) { #may " " #try, may, try, want, false },
    FILES(ANVIL, reads_etc, EACCES)
    FILES(ANVIL, reads_outside, EACCES)
    FILES(ANVIL, writes_outside, EACCES)
    FILES(ANVIL, reads_active, EACCES)
    FILES(ANVIL, reads_data, EACCES)
    FILES(ANVIL, reads_table, EACCES)
    FILES(ANVIL, reads_usr, MAY)
    FILES(ANVIL, opens_null, MAY)
    FILES(QMGR, reads_etc, EACCES)
    FILES(QMGR, reads_active, MAY)
    FILES(QMGR, writes_active, MAY)
    FILES(QMGR, cuts_active, MAY)
    FILES(QMGR, moves, MAY)
    FILES(QMGR, moves_out, EACCES)
    FILES(QMGR, links_in, EXDEV)
    FILES(QMGR, makes_folder, MAY)
    CALLS(QMGR, makes_link, EPERM)
    CALLS(QMGR, makes_device, EPERM)
    CALLS(QMGR, gives_away, EPERM)
    FILES(QMGR, reads_data, EACCES)
    FILES(SHOWQ, reads_active, MAY)
    FILES(SHOWQ, writes_active, EACCES)
    FILES(SHOWQ, cuts_active, EACCES)
    FILES(SHOWQ, moves, EACCES)
    FILES(SHOWQ, makes_folder, EACCES)
    FILES(REWRITE, reads_etc, MAY)
    FILES(REWRITE, reads_table, MAY)
    FILES(REWRITE, reads_outside, EACCES)
    FILES(REWRITE, reads_active, EACCES)
    FILES(REWRITE, writes_cache, EACCES)
    FILES(SMTPD, reads_active, EACCES)
    FILES(SMTPD, writes_data, EACCES)
    FILES(VERIFY, reads_data, MAY)
    FILES(VERIFY, writes_data, MAY)
    FILES(VERIFY, writes_cache, MAY)
    FILES(VERIFY, writes_active, EACCES)
    FILES(VIRTUAL, reads_outside, MAY)
    FILES(VIRTUAL, writes_outside, MAY)
    CALLS(VIRTUAL, gives_away, MAY)
    CALLS(VIRTUAL, changes_user, MAY)
    CALLS(VIRTUAL, executes, KILLED)
    CALLS(VIRTUAL, changes_root, KILLED)
    CALLS(VIRTUAL, speaks_inet, EAFNOSUPPORT)
    CALLS(ANVIL, speaks_unix, MAY)
    CALLS(ANVIL, speaks_inet, EAFNOSUPPORT)
    CALLS(ANVIL, speaks_inet6, EAFNOSUPPORT)
    CALLS(ANVIL, lists_interfaces, MAY)
    CALLS(ANVIL, watches_kernel, EAFNOSUPPORT)
    CALLS(ANVIL, encrypts, EAFNOSUPPORT)
    CALLS(ANVIL, starts_thread, MAY)
    CALLS(ANVIL, limits_itself, MAY)
    CALLS(ANVIL, makes_unknown_call, ENOSYS)
    CALLS(SMTPD, speaks_inet, MAY)
    CALLS(SMTPD, speaks_inet6, MAY)
    CALLS(SMTPD, sniffs, KILLED)
    CALLS(SMTPD, executes, KILLED)
    CALLS(SMTPD, executes_at, KILLED)
    CALLS(SMTPD, peeks, KILLED)
    CALLS(SMTPD, changes_user, KILLED)
    CALLS(SMTPD, changes_groups, KILLED)
    CALLS(SMTPD, mounts, KILLED)
    CALLS(SMTPD, changes_root, KILLED)
    CALLS(SMTPD, unshares, KILLED)
    CALLS(SMTPD, loads_program, KILLED)
    CALLS(SMTPD, loads_module, KILLED)
    CALLS(SMTPD, loads_kernel, KILLED)
    CALLS(SMTPD, signals, EPERM)
    CALLS(SMTPD, types, EPERM)
    CALLS(SMTPD, limits_others, EPERM)
    CALLS(SMTPD, maps_with_ring, ENOSYS)
    CALLS(SMTPD, splices, ENOSYS)
    CALLS(SMTPD, sets_timer, ENOSYS)
    CALLS(SMTPD, watches, ENOSYS)
#undef FILES
#undef CALLS
};

/* Not with sanitizers, whose leak detection does these things. */
static const struct attempt unwatched[] = {
    { "traces", SMTPD, traces, KILLED, false },
    { "forks", SMTPD, forks, EPERM, false },
    { "shows memory", SMTPD, shows_memory, EPERM, false },
};

/* ---- a process that is confined ---- */

static struct config *config;

static void put(const char *name)
{
    int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0644);

    CHECK(fd >= 0 && write(fd, "x", 1) == 1);
    close(fd);
}

static void prepare(void)
{
    static const char *const folders[] = { "active", "deferred", "outside",
                                           "data", "tables", "caches" };
    char text[500];

    CHECK(chdir(test_dir()) == 0);
    for (size_t i = 0; i < COUNT(folders); i++)
        (void)mkdir(folders[i], 0700);
    put("active/file");
    put("outside/file");
    put("data/file");
    put("tables/access.db");
    unlink("outside/new");
    unlink("active/link");
    rmdir("active/A");
    if (config != NULL)
        return;
    snprintf(text, sizeof text, "%s/etc", test_dir());
    config = config_new(text);
    snprintf(text, sizeof text, "static:x hash:%s/tables/access", test_dir());
    config_override(config, "smtpd_client_restrictions", text);
    snprintf(text, sizeof text, "btree:%s/caches/verify", test_dir());
    config_override(config, "address_verify_map", text);
}

static void confine(unsigned may)
{
    char data[300];

    snprintf(data, sizeof data, "%s/data", test_dir());
    const struct confinement c = {
        .may = may,
        .queue_folders = "active deferred",
        .config = config,
        .data_directory = data,
        .is_by_root = geteuid() == 0,
    };
    confine_process(&c);
}

/* MAY, the error, or minus the signal. */
static int outcome(unsigned may, int (*try)(void))
{
    int status;

    prepare();
    pid_t pid = fork();
    if (pid == 0) {
        confine(may);
        _exit(try() >= 0 ? 0 : errno);
    }
    CHECK(waitpid(pid, &status, 0) == pid);
    return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

static void check_all(const struct attempt *a, size_t count)
{
    for (; count > 0; a++, count--) {
        if (a->is_of_files ? !files_can_be_confined()
                           : !calls_can_be_confined())
            continue;
        int got = outcome(a->may, a->try);
        if (got != a->want)
            printf("%s: got %d, want %d\n", a->what, got, a->want);
        CHECK_INT(got, a->want);
    }
}

TEST(confine_leaves_what_is_declared)
{
    check_all(attempts, COUNT(attempts));
    if (!tools_watch())
        check_all(unwatched, COUNT(unwatched));
}

/* ---- one that starts commands ---- */

static int runs_command(void)
{
    int status = system("exec true");

    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST(confine_lets_commands_be_themselves)
{
    enum { LOCAL = MAY_EXEC | MAY_CHANGE_UID | MAY_WRITE_QUEUE };

    CHECK_INT(outcome(LOCAL, runs_command), 0);
    CHECK_INT(outcome(LOCAL, forks), 0);
    CHECK_INT(outcome(LOCAL, reads_outside), 0);
    CHECK_INT(outcome(LOCAL, speaks_inet), 0);
    CHECK_INT(outcome(LOCAL, signals), 0);
    if (geteuid() == 0 && calls_can_be_confined()) {
        CHECK_INT(outcome(LOCAL, loads_module), EPERM);
        CHECK_INT(outcome(LOCAL, loads_program), EPERM);
        CHECK_INT(outcome(LOCAL, loads_kernel), EPERM);
    }
}

/* ---- tables widen it ---- */

static const char *needs_network(const char *value)
{
    struct config *c = config_new(test_dir());

    config_override(c, "my_class", value);
    bool needs = tables_need_network(c);
    config_free(c);
    return needs ? "yes" : "no";
}

TEST(confine_asks_what_tables_need)
{
    static const struct { const char *value, *want; } cases[] = {
        { "", "no" },
        { "hash:/etc/aliases", "no" },
        { "reject_unknown_client, check_client_access static:x", "no" },
        { "tcp:localhost:99", "yes" },
        { "hash:/a, tcp:localhost:99", "yes" },
        { "check_client_access { socketmap:inet:a:b:c, x=y }", "yes" },
        { "unionmap:{static:a,tcp:b:1}", "yes" },
        { "proxy:tcp:localhost:99", "no" },
        { "tcp", "no" },
        { "no-such-type:x", "no" },
    };

    for (size_t i = 0; i < COUNT(cases); i++)
        CHECK_STR(needs_network(cases[i].value), cases[i].want);
}

/* ---- places ---- */

static void note(const char *place, void *text)
{
    str_addf(text, " %s", place);
}

static const char *places(const char *name, const char *value)
{
    static struct str text;
    struct config *c = config_new(test_dir());

    str_set(&text, "");
    config_override(c, name, value);
    tables_each_place(c, note, &text);
    config_free(c);
    return text.data;
}

TEST(confine_finds_the_places_of_tables)
{
    static const struct { const char *name, *value, *want; } cases[] = {
        { "x", "hash:/srv/mail/access", " /srv/mail" },
        { "x", "proxy:btree:/srv/a/b, !/srv/c/d", " /srv/a /srv/c" },
        { "x", "check_client_access { lmdb:/srv/e/f, timeout=3 }", " /srv/e" },
        { "x", "/usr/share", " /usr/share" },
        { "x", "/", "" },
        { "x", "hash:/access", " /access" },
        { "x", "192.0.2.0/24, name/service", "" },
        { "virtual_mailbox_base", "/home/mail", "" },
        { "queue_directory", "/var/spool/postfix", "" },
        { "mailbox_command", "/opt/bin/procmail", "" },
    };

    for (size_t i = 0; i < COUNT(cases); i++)
        CHECK_STR(places(cases[i].name, cases[i].value), cases[i].want);
}

TEST(confine_reads_the_settings_of_tables)
{
#ifndef HAVE_MEMCACHE
    test_skip("built without memcache");
#endif
    char value[400], want[400];
    FILE *file;

    CHECK(chdir(test_dir()) == 0);
    file = fopen("source.cf", "w");
    CHECK(file != NULL && fputs("dbpath = /srv/sql/users.db\n"
                                "query = SELECT a FROM b WHERE c='%s/x'\n"
                                "tls_ca_cert_file=/srv/ca/cert.pem\n",
                                file) >= 0);
    fclose(file);
    snprintf(value, sizeof value, "proxy:memcache:%s/source.cf", test_dir());
    snprintf(want, sizeof want, " %s /srv/sql /srv/ca", test_dir());
    CHECK_STR(places("x", value), want);
    snprintf(value, sizeof value, "hash:%s/source.cf", test_dir());
    snprintf(want, sizeof want, " %s", test_dir());
    CHECK_STR(places("x", value), want);
}
