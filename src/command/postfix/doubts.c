/* SPDX-License-Identifier: ISC
 *
 * doubts.c - what postconf warns of, for the log.
 *
 * Parameters that are on their way out, that nothing reads, or that are not
 * defined: an administrator who never calls postconf hears of them, too.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fatal.h"
#include "base/log.h"
#include "base/str.h"
#include "base/stream.h"
#include "config/params.h"
#include "postfix.h"

enum { MAX_LINE = 1 << 16 };

/* In the child: the settings go nowhere, the warnings to <output>. */
_Noreturn static void run_postconf(const char *program,
                                   const char *directory, int output)
{
    int nowhere = open("/dev/null", O_WRONLY);

    if (nowhere < 0 || dup2(nowhere, STDOUT_FILENO) < 0 ||
        dup2(output, STDERR_FILENO) < 0)
        _exit(1);
    close(nowhere);
    close(output);
    execl(program, program, "-c", directory, "-n", (char *)NULL);
    _exit(1);
}

/* "postconf: warning: text" */
static void repeat_line(const char *line)
{
    static const char mark[] = "warning: ";
    const char *at = strstr(line, mark);

    if (at != NULL)
        log_warning("%s", at + sizeof mark - 1);
}

static void repeat_lines(int fd)
{
    struct stream *in = stream_open(fd);
    struct str line = STR_EMPTY;

    while (stream_get_until(in, '\n', MAX_LINE, &line))
        repeat_line(line.data);
    str_fini(&line);
    stream_close(in);
}

void repeat_doubts(const struct command *command)
{
    char *program =
        mem_printf("%s/postconf", common_params.command_directory);
    int ends[2];
    pid_t pid;

    if (access(program, X_OK) != 0) {
        free(program);
        return;
    }
    if (pipe2(ends, O_CLOEXEC) != 0)
        fatal("pipe: %m");
    if ((pid = fork()) < 0)
        fatal("fork: %m");
    if (pid == 0)
        run_postconf(program, config_directory(command->config), ends[1]);
    close(ends[1]);
    repeat_lines(ends[0]);
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        continue;
    free(program);
}
