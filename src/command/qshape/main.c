/* SPDX-License-Identifier: ISC
 *
 * main.c - qshape: which domains does mail in the queue wait for, or come
 * from, and for how long?
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/fatal.h"
#include "base/log.h"
#include "base/num.h"
#include "base/str.h"
#include "base/text.h"
#include "config/params.h"
#include "mail/message_reader.h"
#include "mail/queue_dir.h"
#include "service/setup.h"
#include "shape.h"

enum { DEFAULT_BUCKETS = 10, DEFAULT_MINUTES = 5, DEFAULT_CHILDREN = 5,
       DEFAULT_WIDTH = 80, DEFAULT_BATCH = 1000, DEFAULT_TOP = 20 };

enum { BAD_USAGE = 255 }; /* as Postfix's exits */

struct options {
    const char *config_directory;
    struct shape_options shape;
    bool senders;
    long batch, top; /* for terminals */
};

/* The work in hand. */
struct survey {
    const struct options *options;
    struct shape *shape;
    struct arena *arena; /* for one message */
    time_t now;
    bool on_terminal;
    long messages;
};

/* ---- one message ------------------------------------------------------- */

static void count_address(struct survey *s, const char *address, time_t since)
{
    const char *at = strrchr(address, '@');
    const char *domain = at != NULL ? at + 1 : common_params.myorigin;

    if (*address == '\0')
        domain = "MAILER-DAEMON";
    else
        domain = text_lower(arena_strdup(s->arena, domain));
    shape_count(s->shape, domain, s->now > since ? s->now - since : 0);
}

/* A file of postdrop has no sizes; a record after the other, then. */
static void count_records(struct survey *s, struct message_reader *reader,
                          time_t since)
{
    struct str payload = STR_EMPTY;
    off_t offset;
    int type;

    while ((type = message_reader_record(reader, &payload, &offset)) >= 0 &&
           type != REC_MESG)
        if (type == (s->options->senders ? REC_FROM : REC_RCPT))
            count_address(s, payload.data, since);
    str_fini(&payload);
}

static void count_recipients(struct survey *s, struct message_reader *reader,
                             time_t since)
{
    struct recipient to;

    while (message_reader_recipient(reader, s->arena, &to))
        count_address(s, to.address, since);
}

/* False: it is in no order yet, or went while we looked. */
static bool count_file(struct survey *s, const char *path)
{
    struct envelope envelope;
    struct error why = ERROR_NONE;
    struct stat st;
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

    if (fd < 0)
        return false;
    if (fstat(fd, &st) != 0 || queue_dir_state(&st) != QUEUE_FILE_READY) {
        close(fd);
        return false;
    }
    struct message_reader *reader =
        message_reader_open(stream_open_file(fd), s->arena);
    if (!message_reader_envelope(reader, &envelope, &why)) {
        message_reader_close(reader);
        fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
        if (fd < 0)
            return false;
        reader = message_reader_open(stream_open_file(fd), s->arena);
        count_records(s, reader, st.st_mtime);
    } else if (s->options->senders)
        count_address(s, envelope.sender, envelope.arrival.tv_sec);
    else
        count_recipients(s, reader, envelope.arrival.tv_sec);
    message_reader_close(reader);
    return true;
}

/* ---- queues ------------------------------------------------------------ */

/* A terminal sees the leaders again and again, from its upper left corner. */
static void show(const struct survey *s)
{
    if (s->on_terminal)
        fputs("\033[H\033[2J\033[3J", stdout);
    shape_print(s->shape, s->on_terminal ? (size_t)s->options->top : 0);
}

static void survey_queue(struct survey *s, const char *queue)
{
    struct stat st;
    struct str path = STR_EMPTY;
    struct error why = ERROR_NONE;

    if (stat(queue, &st) != 0) {
        log_warning("Can't stat %s: %m", queue);
        return;
    }
    struct queue_scan *scan = queue_scan_open(queue);
    while (queue_scan_next(scan, &path) != NULL) {
        if (count_file(s, path.data) &&
            ++s->messages % s->options->batch == 0 && s->on_terminal)
            show(s);
        arena_reset(s->arena);
    }
    if (queue_scan_failed(scan, &why))
        log_warning("%s", why.text);
    queue_scan_close(scan);
    str_fini(&path);
}

/* ---- options ----------------------------------------------------------- */

static const char usage_text[] =
    "Usage: qshape [ -s ] [ -p ] [ -m <min_subdomains> ] [ -l ]\n"
    "\t[ -b <bucket_count> ] [ -t <bucket_time> ] [ -w <terminal_width> ]\n"
    "\t[ -N <batch_msg_count> ] [ -n <batch_top_domains> ]\n"
    "\t[ -c <config_directory> ] [ <queue_name> ... ]";

/* 0 stands for the default. */
static long number(int letter, long fallback)
{
    long value;

    if (!num_parse_long(optarg, 0, 1000000, &value))
        fatal("option -%c: bad number \"%s\"", letter, optarg);
    return value > 0 ? value : fallback;
}

static void parse_letter(struct options *o, int letter)
{
    switch (letter) {
    case 'b': o->shape.buckets = number(letter, DEFAULT_BUCKETS); return;
    case 'c': o->config_directory = optarg; return;
    case 'h': puts(usage_text); exit(0);
    case 'l': o->shape.linear = true; return;
    case 'm': o->shape.min_children = number(letter, DEFAULT_CHILDREN); return;
    case 'n': o->top = number(letter, DEFAULT_TOP); return;
    case 'N': o->batch = number(letter, DEFAULT_BATCH); return;
    case 'p': o->shape.parents = true; return;
    case 's': o->senders = true; return;
    case 't': o->shape.first_minutes = number(letter, DEFAULT_MINUTES); return;
    case 'w': o->shape.width = number(letter, DEFAULT_WIDTH); return;
    default:
        fprintf(stderr, "%s\n", usage_text);
        exit(BAD_USAGE);
    }
}

static struct options parse_options(int argc, char **argv)
{
    struct options o = {
        .shape = { .buckets = DEFAULT_BUCKETS,
                   .first_minutes = DEFAULT_MINUTES,
                   .min_children = DEFAULT_CHILDREN,
                   .width = DEFAULT_WIDTH },
        .batch = DEFAULT_BATCH,
        .top = DEFAULT_TOP,
    };
    int letter;

    while ((letter = getopt(argc, argv, "b:c:hlm:n:N:pst:w:")) != -1)
        parse_letter(&o, letter);
    if (o.shape.width < DEFAULT_WIDTH)
        o.shape.width = DEFAULT_WIDTH;
    return o;
}

int main(int argc, char **argv)
{
    static const char *const usual[] = { "incoming", "active", NULL };

    command_begin(argv, "qshape");
    const struct options options = parse_options(argc, argv);
    const struct command_options start = {
        .program = "qshape",
        .config_directory = options.config_directory,
        .no_syslog = true,
    };
    command_start(&start);
    if (chdir(common_params.queue_directory) != 0)
        fatal("chdir %s: %m", common_params.queue_directory);
    struct survey survey = {
        .options = &options,
        .shape = shape_new(&options.shape),
        .arena = arena_new(),
        .now = clock_wall().tv_sec,
        .on_terminal = isatty(STDOUT_FILENO) != 0,
    };
    const char *const *queue =
        argv[optind] != NULL ? (const char *const *)argv + optind : usual;
    for (; *queue != NULL; queue++)
        survey_queue(&survey, *queue);
    show(&survey);
    shape_free(survey.shape);
    arena_free(survey.arena);
    return 0;
}
