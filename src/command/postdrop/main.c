/* SPDX-License-Identifier: ISC
 *
 * main.c - postdrop: a message from standard input into the maildrop folder.
 *
 * The program is set-gid: only the group it runs with may make files there.
 * Nothing that the invoking user controls (environment, descriptors, signals,
 * input) is trusted. It works while the mail system is down.
 */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fatal.h"
#include "base/log.h"
#include "ipc/call.h"
#include "ipc/codec.h"
#include "ipc/messages/postdrop.h"
#include "mail/message_writer.h"
#include "mail/record.h"
#include "postdrop.h"
#include "service/setup.h"

enum { READABLE = S_IRGRP | S_IROTH };

static struct message_writer *writer;
static char path[sizeof "maildrop/" + QUEUE_ID_SIZE];

/* ---- an unfinished file must not stay ---- */

static void remove_file(void *unused)
{
    (void)unused;
    if (path[0] != '\0')
        unlink(path);
}

static void on_signal(int signal_number)
{
    remove_file(NULL);
    _exit(128 + signal_number);
}

/* HUP stays ignored if it was (nohup). */
static void catch_signals(void)
{
    static const int signals[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM };
    struct sigaction action = { .sa_handler = on_signal }, old;

    sigfillset(&action.sa_mask);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
        if (sigaction(signals[i], NULL, &old) == 0 &&
            old.sa_handler != SIG_IGN)
            sigaction(signals[i], &action, NULL);
}

/* ---- the file ---- */

/* No signal comes between the file and its name here. */
static void create_file(void)
{
    struct error why = ERROR_NONE;
    sigset_t all, old;

    fatal_cleanup(remove_file, NULL);
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, &old);
    writer = message_writer_create("maildrop", S_IRUSR | S_IWUSR | READABLE,
                                   &why);
    if (writer == NULL)
        fatal("%s", why.text);
    strcpy(path, "maildrop/");
    strncat(path, message_writer_id(writer), QUEUE_ID_SIZE - 1);
    sigprocmask(SIG_SETMASK, &old, NULL);
    struct timeval now = clock_wall();
    record_putf(message_writer_stream(writer), REC_TIME, "%ld %ld",
                (long)now.tv_sec, (long)now.tv_usec);
}

/* The mail is safe, and pickup also looks for itself: no reason to bother the
 * user. */
static void wake_pickup(void)
{
    struct error why = ERROR_NONE;

    if (!ipc_trigger("public", common_params.pickup_service_name, "W", 1,
                     common_params.trigger_timeout, &why) &&
        log_verbose() > 0)
        log_warning("the message waits in the maildrop folder: %s", why.text);
}

static int commit(void)
{
    struct error why = ERROR_NONE;

    if (!message_writer_commit(writer, READABLE, 0, &why)) {
        log_warning("%s", why.text);
        return CLEANUP_STAT_WRITE;
    }
    path[0] = '\0';
    return 0;
}

/* ---- main ---- */

static int submit(struct arena *arena, const struct submitter *user)
{
    struct stream *in = stream_open(STDIN_FILENO);
    struct stream *out = stream_open(STDOUT_FILENO);
    struct str reason = STR_EMPTY;
    struct postdrop_opened opened = { "postdrop_protocol",
                                      message_writer_id(writer) };
    int status = 0;

    ipc_send(out, postdrop_opened, &opened);
    bool complete = submit_records(arena, user, in,
                                   message_writer_stream(writer), &status,
                                   &reason);
    if (complete && status == 0)
        status = commit();
    if (complete) {
        struct postdrop_result result = { status, reason.data };
        ipc_send(out, postdrop_result, &result);
    }
    if (complete && status == 0)
        wake_pickup();
    message_writer_free(writer);
    stream_abandon(in);
    stream_close(out);
    str_fini(&reason);
    return status;
}

/* -v would show others' mail in the log. */
static const char *read_options(int argc, char **argv)
{
    const char *directory = NULL;
    int option;

    while ((option = getopt(argc, argv, "c:rv")) >= 0)
        switch (option) {
        case 'c': directory = optarg; break;
        case 'r': break;
        case 'v':
            if (getuid() == 0)
                log_set_verbose(log_verbose() + 1);
            break;
        default: fatal("usage: postdrop [-c config_dir] [-v]");
        }
    return directory;
}

int main(int argc, char **argv)
{
    static const struct param_group *const groups[] = { &submit_param_group,
                                                        NULL };
    struct arena *arena = arena_new();
    struct submitter user;

    umask(022);
    command_begin(argv, "postdrop");
    const struct command_options options = {
        .program = "postdrop",
        .config_directory = read_options(argc, argv),
        .groups = groups,
    };
    command_start(&options);
    catch_signals();
    submitter_find(arena, &user);
    if (!submitter_may_submit(&user))
        fatal("User %s(%ld) is not allowed to submit mail", user.login,
              (long)user.uid);
    if (chdir(common_params.queue_directory) != 0)
        fatal("chdir %s: %m", common_params.queue_directory);
    create_file();
    int status = submit(arena, &user);
    arena_free(arena);
    return status & 0xff;
}
