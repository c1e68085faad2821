/* SPDX-License-Identifier: ISC
 *
 * control.c - start and stop master, and tell it things.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/array.h"
#include "base/clock.h"
#include "base/fatal.h"
#include "base/file.h"
#include "base/lock.h"
#include "base/log.h"
#include "base/num.h"
#include "base/str.h"
#include "base/text.h"
#include "config/params.h"
#include "postfix.h"

enum { STOP_S = 10, ABORT_S = 10, KILL_S = 2, POLL_MS = 50 };

struct words {
    ARRAY_OF(const char *);
};

int refuse(const char *text)
{
    log_write(LOG_LEVEL_FATAL, "%s", text);
    sleep(1);
    return 1;
}

static pid_t read_pid(int fd)
{
    char text[64] = "";
    long pid = 0;
    ssize_t length = pread(fd, text, sizeof text - 1, 0);

    if (length <= 0 || !num_parse_long(text_trim(text), 2, INT32_MAX, &pid))
        fatal("master.pid has no process ID, but is locked: the mail system "
              "is starting, or being removed; try again");
    return (pid_t)pid;
}

/* A disk in trouble takes no writes, and just then one wants to stop. */
static int open_lock(const char *path, struct error *why)
{
    const uid_t same = (uid_t)-1;
    int fd = file_open_plain(path, O_RDWR, 0, same, same, NULL, why);

    if (fd < 0 && errno == EROFS)
        fd = file_open_plain(path, O_RDONLY, 0, same, same, NULL, why);
    return fd;
}

/* By a shared lock: who asks at the same time is not a master. */
pid_t control_master_pid(void)
{
    struct error why = ERROR_NONE;
    char *path = mem_printf("%s/%s/master.pid", common_params.queue_directory,
                            common_params.process_id_directory);
    int fd = open_lock(path, &why);
    pid_t pid = 0;

    if (fd < 0 && errno == EACCES)
        fatal("%s; try again as root, or as the user that the mail system "
              "belongs to",
              why.text);
    if (fd < 0 && errno != ENOENT)
        fatal("%s", why.text);
    if (fd >= 0 && !lock_file(fd, LOCK_STYLE_FLOCK, LOCK_KIND_SHARED, 0))
        pid = read_pid(fd);
    if (fd >= 0)
        close(fd);
    free(path);
    return pid;
}

int control_run(const char *const *argv)
{
    int status;
    pid_t pid = fork();

    if (pid < 0)
        fatal("fork: %m");
    if (pid == 0) {
        execv(argv[0], (char *const *)argv);
        fatal("exec %s: %m", argv[0]);
    }
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            fatal("waitpid: %m");
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

/* ---- start ------------------------------------------------------------- */

static struct words master_words(const struct command *command,
                                 const char *option)
{
    struct words words = ARRAY_EMPTY;

    ARRAY_ADD(&words, mem_printf("%s/master", common_params.daemon_directory));
    ARRAY_ADD(&words, option);
    for (int i = 0; i < command->verbose; i++)
        ARRAY_ADD(&words, "-v");
    if (command->debug)
        ARRAY_ADD(&words, "-D");
    ARRAY_ADD(&words, NULL);
    return words;
}

/* The queue is put in order first, as long as nobody works on it. */
static void repair_queue(void)
{
    char *program =
        mem_printf("%s/postsuper", common_params.command_directory);

    if (access(program, X_OK) == 0 &&
        control_run((const char *const[]){ program, NULL }) != 0)
        fatal("Postfix integrity check failed!");
    free(program);
}

static bool prepare(struct command *command)
{
    if (control_master_pid() != 0)
        return refuse("the Postfix mail system is already running") == 0;
    index_alias_maps(command);
    bool usable = check_configuration(command);
    if (!check_files(command->config, false) || !usable)
        return refuse("Postfix integrity check failed!") == 0;
    repair_queue();
    log_info("starting the Postfix mail system");
    return true;
}

int command_start_daemon(struct command *command)
{
    if (!prepare(command))
        return 1;
    struct words words = master_words(command, "-w");
    int status = control_run(words.items);
    free((char *)(size_t)words.items[0]);
    ARRAY_FREE(&words);
    return status == 0 ? 0 : refuse("mail system startup failed");
}

/* In place of this process: process 1 stays process 1. */
int command_start_fg(struct command *command)
{
    if (common_params.multi_instance_directories[0] != '\0')
        return refuse("start-fg does not support multi_instance_directories");
    if (!prepare(command))
        return 1;
    struct words words = master_words(command, getpid() == 1 ? "-i" : "-s");
    execv(words.items[0], (char *const *)words.items);
    fatal("exec %s: %m", words.items[0]);
}

/* ---- stop -------------------------------------------------------------- */

static bool wait_for_end(int seconds)
{
    deadline_t until = deadline_in_s(seconds);

    while (control_master_pid() != 0) {
        if (deadline_left_ms(until) == 0)
            return false;
        clock_sleep_ms(POLL_MS);
    }
    return true;
}

/* A master that does not listen is killed; its children notice. */
static int end_master(pid_t pid, int number, int seconds)
{
    if (kill(pid, number) != 0 && errno != ESRCH)
        fatal("cannot signal master process %ld: %m", (long)pid);
    if (wait_for_end(seconds))
        return 0;
    log_warning("master process %ld does not stop: killing it", (long)pid);
    kill(pid, SIGKILL);
    return wait_for_end(KILL_S) ? 0 : 1;
}

int command_stop(struct command *command)
{
    pid_t pid = control_master_pid();

    (void)command;
    if (pid == 0)
        return refuse("the Postfix mail system is not running");
    log_info("stopping the Postfix mail system");
    return end_master(pid, SIGTERM, STOP_S);
}

int command_abort(struct command *command)
{
    pid_t pid = control_master_pid();

    (void)command;
    if (pid == 0)
        return refuse("the Postfix mail system is not running");
    log_info("aborting the Postfix mail system");
    return end_master(pid, SIGINT, ABORT_S);
}

/* ---- while it runs ----------------------------------------------------- */

int command_reload(struct command *command)
{
    pid_t pid = control_master_pid();

    if (pid == 0)
        return refuse("the Postfix mail system is not running");
    if (!check_configuration(command))
        return refuse("the configuration has errors: nothing is reloaded");
    check_files(command->config, false);
    log_info("refreshing the Postfix mail system");
    if (kill(pid, SIGHUP) != 0)
        fatal("cannot signal master process %ld: %m", (long)pid);
    return 0;
}

int command_flush(struct command *command)
{
    char *program =
        mem_printf("%s/postqueue", common_params.command_directory);

    (void)command;
    execl(program, program, "-f", (char *)NULL);
    fatal("exec %s: %m", program);
}

int command_status(struct command *command)
{
    pid_t pid = control_master_pid();

    (void)command;
    if (pid == 0) {
        log_info("the Postfix mail system is not running");
        return 1;
    }
    log_info("the Postfix mail system is running: PID: %ld", (long)pid);
    return 0;
}
