/* SPDX-License-Identifier: ISC
 *
 * main.c - postkick: send a request to a service of the mail system.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fatal.h"
#include "base/log.h"
#include "base/sock.h"
#include "base/stream.h"
#include "service/setup.h"

#define USAGE "usage: postkick [-c config_dir] [-v] class service request"

static bool send_request(const char *class_name, const char *service,
                         const char *request)
{
    struct error why = ERROR_NONE;
    char *path = mem_printf("%s/%s", class_name, service);
    int seconds = common_params.application_event_drain_time;

    int fd = sock_connect_unix(path, deadline_in_s(seconds), &why);
    if (fd < 0 && errno == ENOENT)
        log_warning("unable to look up %s: %s", path, strerror(errno));
    free(path);
    if (fd < 0)
        return false;
    struct stream *out = stream_open(fd);
    stream_set_timeout(out, seconds);
    stream_put(out, request);
    bool sent = stream_flush(out);
    stream_close(out);
    return sent;
}

int main(int argc, char **argv)
{
    const char *config_directory = NULL;
    int verbose = 0;
    int c;

    command_begin(argv, "postkick");
    while ((c = getopt(argc, argv, "c:v")) != -1)
        switch (c) {
        case 'c': config_directory = optarg; break;
        case 'v': verbose++; break;
        default: fatal(USAGE);
        }
    if (argc - optind != 3)
        fatal(USAGE);
    const struct command_options command = {
        .program = "postkick",
        .config_directory = config_directory,
        .no_syslog = true,
    };
    command_start(&command);
    log_set_verbose(verbose);

    if (chdir(common_params.queue_directory) != 0)
        fatal("chdir %s: %s", common_params.queue_directory, strerror(errno));
    char **words = argv + optind;
    if (send_request(words[0], words[1], words[2]))
        return 0;
    log_warning("Cannot contact class %s service %s - perhaps the mail system "
                "is down",
                words[0], words[1]);
    return 1;
}
