/* SPDX-License-Identifier: ISC
 *
 * main.c - postcat: show what is in queue files.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fatal.h"
#include "base/log.h"
#include "base/num.h"
#include "mail/queue_dir.h"
#include "service/setup.h"
#include "show.h"

#define USAGE                                                                \
    "usage: postcat [-b (body text)] [-c config_dir] [-d (decimal record "   \
    "type)] [-e (envelope records)] [-h (header text)] [-q (access queue)] " \
    "[-v] [file(s)...]"

struct arguments {
    struct show_options show;
    const char *config_directory;
    bool from_queue;
    int verbose;
};

static void set_start(struct show_options *show, const char *text)
{
    if (!num_parse_long(text, 0, LONG_MAX, &show->start))
        fatal("bad offset: %s", text);
    show->has_start = true;
}

static struct arguments parse_arguments(int argc, char **argv)
{
    struct arguments a = { .show = { .parts = 0 } };
    int c;

    while ((c = getopt(argc, argv, "bc:defhoqrs:v")) != -1)
        switch (c) {
        case 'b': a.show.parts |= SHOW_BODY; break;
        case 'c': a.config_directory = optarg; break;
        case 'd': a.show.decimal_types = true; break;
        case 'e': a.show.parts |= SHOW_ENVELOPE; break;
        case 'f': a.show.file_names = true; break;
        case 'h': a.show.parts |= SHOW_HEADER; break;
        case 'o': a.show.offsets = true; break;
        case 'q': a.from_queue = true; break;
        case 'r': a.show.raw = true; break;
        case 's': set_start(&a.show, optarg); break;
        case 'v': a.verbose++; break;
        default: fatal(USAGE);
        }
    if (a.show.parts == 0)
        a.show.parts = SHOW_ENVELOPE | SHOW_HEADER | SHOW_BODY;
    return a;
}

/* In whichever queue it is; it may move while we look. */
static int open_in_queue(const char *id, struct str *path)
{
    static const char *const queues[] = { "maildrop", "incoming", "active",
                                          "deferred", "hold", "corrupt",
                                          "saved" };
    enum { ROUNDS = 2 };

    if (!queue_id_is_valid(id))
        fatal("bad mail queue ID: %s", id);
    for (size_t i = 0; i < ROUNDS * (sizeof queues / sizeof queues[0]); i++) {
        const char *queue = queues[i % (sizeof queues / sizeof queues[0])];
        int fd = queue_dir_open(queue, id, O_RDONLY);
        if (fd >= 0) {
            queue_dir_path(path, queue, id);
            return fd;
        }
        if (errno != ENOENT)
            fatal("open queue file %s: %s", id, strerror(errno));
    }
    fatal("open queue file %s: %s", id, strerror(ENOENT));
}

static void show_named(const struct arguments *a, const char *name)
{
    struct str path = STR_EMPTY;
    int fd;

    str_set(&path, name);
    if (a->from_queue)
        fd = open_in_queue(name, &path);
    else if ((fd = open(name, O_RDONLY | O_CLOEXEC)) < 0)
        fatal("open %s: %s", name, strerror(errno));
    struct stream *in = stream_open(fd);
    show_file(in, path.data, &a->show);
    stream_close(in);
    str_fini(&path);
}

int main(int argc, char **argv)
{
    command_begin(argv, "postcat");
    const struct arguments a = parse_arguments(argc, argv);
    const struct command_options command = {
        .program = "postcat",
        .config_directory = a.config_directory,
        .no_syslog = true,
    };

    command_start(&command);
    log_set_verbose(a.verbose);
    if (a.from_queue && chdir(common_params.queue_directory) != 0)
        fatal("chdir %s: %s", common_params.queue_directory, strerror(errno));
    if (argv[optind] == NULL)
        show_file(stream_open(STDIN_FILENO), "stdin", &a.show);
    for (char **name = argv + optind; *name != NULL; name++)
        show_named(&a, *name);
    return 0;
}
