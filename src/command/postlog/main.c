/* SPDX-License-Identifier: ISC
 *
 * main.c - postlog: log lines from a shell script, in the shape and to the
 * place of all others.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/fatal.h"
#include "base/log.h"
#include "base/priv.h"
#include "base/str.h"
#include "base/stream.h"
#include "config/main_cf.h"
#include "service/setup.h"

enum { LINE_BYTES = 4096 };

struct options {
    const char *config_directory;
    const char *tag;
    enum log_level level;
    int verbose;
};

/* Postfix tells a script that its text is not in the log. */
static void check_done(void)
{
    if (log_missed() == 0)
        return;
    errno = log_missed();
    int status = errno == EACCES || errno == EPERM ? EX_NOPERM : EXIT_FAILURE;
    fatal_status(status, "open logfile '%s': %m; is the mail system running?",
                 common_params.maillog_file);
}

static enum log_level parse_level(const char *text)
{
    static const struct { const char *name; enum log_level level; } levels[] = {
        { "info", LOG_LEVEL_INFO },       { "warn", LOG_LEVEL_WARNING },
        { "warning", LOG_LEVEL_WARNING }, { "error", LOG_LEVEL_ERROR },
        { "err", LOG_LEVEL_ERROR },       { "fatal", LOG_LEVEL_FATAL },
        { "crit", LOG_LEVEL_FATAL },      { "panic", LOG_LEVEL_PANIC },
    };
    for (size_t i = 0; i < sizeof levels / sizeof *levels; i++)
        if (strcmp(levels[i].name, text) == 0)
            return levels[i].level;
    fatal("bad severity: \"%s\"", text);
}

static struct options parse_options(int argc, char **argv)
{
    struct options o = { .level = LOG_LEVEL_INFO };
    int c;

    while ((c = getopt(argc, argv, "c:ip:t:v")) != -1)
        switch (c) {
        case 'c': o.config_directory = optarg; break;
        case 'i': break; /* the process ID is always there */
        case 'p': o.level = parse_level(optarg); break;
        case 't': o.tag = optarg; break;
        case 'v': o.verbose++; break;
        default:
            fatal("usage: postlog [-c config_dir] [-i] [-p priority] "
                  "[-t tag] [-v] [text]");
        }
    return o;
}

static void log_arguments(enum log_level level, char **words)
{
    struct str text = STR_EMPTY;

    for (char **word = words; *word != NULL; word++) {
        if (word != words)
            str_add_char(&text, ' ');
        str_add(&text, *word);
    }
    log_write(level, "%s", text.data);
    str_fini(&text);
}

/* A line that is too long is logged in pieces. */
static void log_input(enum log_level level)
{
    struct stream *input = stream_open(STDIN_FILENO);
    struct str line = STR_EMPTY;

    for (;;) {
        bool whole = stream_get_until(input, '\n', LINE_BYTES, &line);
        enum stream_state state = stream_state(input);
        if (!whole && state == STREAM_ERROR)
            fatal("read standard input: %s", stream_error_text(input));
        if (!whole && state != STREAM_LIMIT && line.length == 0)
            break;
        log_write(level, "%s", line.data);
        if (!whole && state != STREAM_LIMIT)
            break;
        stream_clear_error(input);
    }
    str_fini(&line);
}

/* Without -t: "postfix/postlog". */
static char *default_tag(struct config *config)
{
    const char *tag = priv_is_setuid() ? NULL : getenv("MAIL_LOGTAG");

    if (tag != NULL && *tag != '\0')
        return mem_printf("%s/postlog", tag);
    return mem_printf("%s/postlog", config_get(config, "syslog_name"));
}

int main(int argc, char **argv)
{
    command_begin(argv, "postlog");
    const struct options options = parse_options(argc, argv);
    const struct command_options command = {
        .program = "postlog",
        .config_directory = options.config_directory,
    };
    struct config *config = command_start(&command);

    log_set_verbose(priv_is_setuid() ? 0 : options.verbose);
    setup_log_tag(config, "postlog", options.tag != NULL
                                         ? options.tag
                                         : default_tag(config));
    if (argv[optind] != NULL)
        log_arguments(options.level, argv + optind);
    else
        log_input(options.level);
    check_done();
    if (options.level == LOG_LEVEL_FATAL || options.level == LOG_LEVEL_PANIC)
        sleep(1);
    return 0;
}
