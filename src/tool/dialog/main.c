/* SPDX-License-Identifier: ISC
 *
 * main.c - dialog: holds the conversations of a .dialog file with a private
 * instance and prints "ok NAME" or "FAIL NAME: why" for each of its tests.
 *
 * Empty lines and lines with '#' first are comments. The others:
 *
 *   main: NAME = VALUE          a line for main.cf
 *   master: NAME TYPE ...       a line for master.cf, or in place of one
 *   file: NAME                  the indented lines below go to etc/NAME
 *   port NAME                   $NAME is a port that nobody listens on
 *   start, reload               start comes by itself at the first connect
 *   test: NAME                  begins a test; what came before is set-up
 *   need: WHAT => COMMAND       the rest of the test needs WHAT, and is
 *                               skipped if COMMAND fails
 *   connect [PARTY [PORT]]      a client, by default of the SMTP server
 *   listen PARTY [lf]           a server; its port is then in $PARTY. With
 *                               lf, its lines do not end in CR LF
 *   accept PARTY                wait for a client of it
 *   spawn PARTY COMMAND         the client of a program's input and output
 *   [PARTY] C: TEXT             what the client says: sent by a party that
 *   [PARTY] S: TEXT             is the client, otherwise expected. S: also
 *   S: ... PATTERN              passing over other lines
 *   closed                      the other end must close now
 *   hangup                      this end does
 *   run: COMMAND                must succeed; run!: COMMAND must fail
 *   output: PATTERN             some line that the last COMMAND printed
 *   await: COMMAND => PATTERN   run it until a line that it prints fits
 *   log: PATTERN                some line of the log, behind "name[pid]: ",
 *   nolog: PATTERN              now or soon; or none until now
 *   queue: PATTERN              some line of postqueue -p
 *   table: TYPE:NAME KEY => VALUE   what postmap -q finds; no value: nothing
 *   timeout: SECONDS            of each wait
 *
 * $dir (of the instance), $host (its name) and $port are set, others are set
 * by {name} in a pattern. '*' in a pattern stands for anything. What is sent
 * may have \r \n \t \0 \xHH, \{1000:x} for 1000 times x, and \c at the end:
 * no end of line. A line that fails ends its test.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "dialog.h"

enum { TIMEOUT_S = 180, FILE_MAX_BYTES = 1 << 20, LOG_LINES = 40 };

static void show_log(struct dialog *d)
{
    char *command = mem_printf("tail -n %d log/maillog 2>/dev/null",
                               (int)LOG_LINES);

    instance_run(d, command);
    fputs(d->output.data, stdout);
    free(command);
}

static void fail(struct dialog *d, const char *why)
{
    printf("FAIL %s: %s:%d: %s\n",
           d->test.length > 0 ? d->test.data : "set-up", d->path, d->line,
           why);
    d->failed = d->any_failed = true;
}

static void end_test(struct dialog *d)
{
    if (d->test.length > 0 && !d->failed && !d->skipped)
        printf("ok %s\n", d->test.data);
    fflush(stdout);
    for (size_t i = 0; i < d->parties.count; i++)
        party_hang_up(d->parties.items[i]);
}

static void begin_test(struct dialog *d, const char *name)
{
    end_test(d);
    str_set(&d->test, name);
    d->failed = d->skipped = false;
}

/* Gather the indented lines at *rest, without their indentation. */
static void take_block(struct dialog *d, char **rest, struct str *block)
{
    str_clear(block);
    while (**rest == ' ' || **rest == '\t') {
        size_t length = strcspn(*rest, "\n");
        size_t indent = **rest == '\t' ? 1 : strspn(*rest, " ");

        indent = indent > 4 ? 4 : indent;
        str_add_bytes(block, *rest + indent, length - indent);
        str_add_char(block, '\n');
        *rest += length + ((*rest)[length] == '\n');
        d->line++;
    }
}

/* False: a failure in the set-up, nothing else makes sense. */
static bool run_line(struct dialog *d, char *line, const char *block)
{
    struct error why = ERROR_NONE;

    if (text_has_prefix(line, "test: ")) {
        begin_test(d, line + 6);
        return true;
    }
    if (d->failed || d->skipped)
        return true;
    if (!statement_run(d, line, block, &why))
        fail(d, why.text);
    return !d->failed || d->test.length > 0;
}

static void run_file(struct dialog *d, char *text)
{
    struct str block = STR_EMPTY;

    for (char *rest = text; *rest != '\0';) {
        char *line = rest;
        int number = d->line + 1;

        rest += strcspn(rest, "\n");
        if (*rest != '\0')
            *rest++ = '\0';
        d->line = number;
        if (*line == '\0' || *line == '#')
            continue;
        take_block(d, &rest, &block);
        int last = d->line;

        d->line = number;
        if (!run_line(d, line, block.data))
            break;
        d->line = last;
    }
    end_test(d);
    str_fini(&block);
}

static void make_folder(struct dialog *d)
{
    const char *parent = getenv("TMPDIR");

    d->folder = mem_printf("%s/dialog.XXXXXX", parent ? parent : "/tmp");
    if (mkdtemp(d->folder) == NULL || chmod(d->folder, 0755) < 0) {
        perror(d->folder);
        exit(1);
    }
}

static char *postfix_command;

/* Whoever runs the tests ends one that takes too long: stop the instance. */
static void on_signal(int signal_number)
{
    if (fork() == 0) {
        execl(postfix_command, "postfix", "stop", (char *)NULL);
        _exit(1);
    }
    while (wait(NULL) > 0)
        ;
    _exit(128 + signal_number);
}

static void set_signals(const struct dialog *d)
{
    postfix_command = mem_printf("%s/i/bin/postfix", d->folder);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGCHLD, SIG_DFL);
    signal(SIGTERM, on_signal);
    signal(SIGINT, on_signal);
    signal(SIGHUP, on_signal);
}

static void clean_up(struct dialog *d)
{
    if (d->any_failed)
        show_log(d);
    instance_stop(d);
    char *command = mem_printf("rm -rf '%s'", d->folder);

    if (getenv("KEEP") == NULL)
        d->any_failed |= system(command) != 0;
    free(command);
    for (size_t i = 0; i < d->parties.count; i++)
        party_free(d->parties.items[i]);
    ARRAY_FREE(&d->parties);
    for (size_t i = 0; i < d->variables.count; i++) {
        free(d->variables.items[i].name);
        free(d->variables.items[i].value);
    }
    ARRAY_FREE(&d->variables);
    str_fini(&d->output);
    str_fini(&d->test);
    free(d->folder);
    free(postfix_command);
}

int main(int argc, char **argv)
{
    struct dialog d = { .timeout_s = TIMEOUT_S, .output = STR_EMPTY,
                        .test = STR_EMPTY };
    struct str text = STR_EMPTY;
    struct error why = ERROR_NONE;

    if (argc != 2 || getenv("TOP") == NULL || getenv("BUILD") == NULL) {
        fputs("usage: TOP=... BUILD=... dialog file\n", stderr);
        return 2;
    }
    d.path = argv[1];
    if (!file_read(d.path, FILE_MAX_BYTES, &text, &why)) {
        fprintf(stderr, "%s\n", why.text);
        return 2;
    }
    srandom((unsigned)(getpid() ^ time(NULL)));
    make_folder(&d);
    set_signals(&d);
    if (instance_stage(&d, &why))
        run_file(&d, text.data);
    else
        fail(&d, why.text);
    clean_up(&d);
    str_fini(&text);
    return d.any_failed;
}
