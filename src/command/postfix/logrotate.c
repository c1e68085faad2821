/* SPDX-License-Identifier: ISC
 *
 * logrotate.c - give maillog_file another name, and compress it.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fatal.h"
#include "base/log.h"
#include "base/str.h"
#include "base/text.h"
#include "config/params.h"
#include "postfix.h"

/* So long do daemons of before the reload write to the old file. */
enum { PAUSE_MS = 1000 };

static char *rotated_name(const char *file)
{
    char suffix[256];
    time_t now = clock_wall().tv_sec;
    struct tm local;

    localtime_r(&now, &local);
    if (strftime(suffix, sizeof suffix,
                 install_params.maillog_file_rotate_suffix, &local) == 0)
        fatal("maillog_file_rotate_suffix \"%s\" gives no name",
              install_params.maillog_file_rotate_suffix);
    return mem_printf("%s.%s", file, suffix);
}

static int compress(const char *file)
{
    const char *compressor = install_params.maillog_file_compressor;
    const char *const argv[] = { "/bin/sh", "-c", "exec $0 \"$1\"", compressor,
                                 file, NULL };

    if (control_run(argv) == 0)
        return 0;
    log_warning("maillog_file_compressor \"%s\" failed for %s", compressor,
                file);
    return 1;
}

int command_logrotate(struct command *command)
{
    const char *file = common_params.maillog_file;
    struct stat st;

    (void)command;
    if (*file == '\0')
        fatal("maillog_file is empty: there is no log file to rotate");
    if (text_has_prefix(file, "/dev/"))
        fatal("not rotating '%s'", file);
    char *old = rotated_name(file);
    if (lstat(old, &st) == 0)
        fatal("%s exists already", old);
    if (rename(file, old) != 0)
        fatal("rename %s to %s: %m", file, old);
    pid_t pid = control_master_pid();
    if (pid != 0 && kill(pid, SIGHUP) != 0)
        fatal("cannot signal master process %ld: %m", (long)pid);
    clock_sleep_ms(PAUSE_MS);
    return compress(old);
}
