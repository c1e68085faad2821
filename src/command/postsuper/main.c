/* SPDX-License-Identifier: ISC
 *
 * main.c - postsuper: maintenance of the queue by the superuser.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/fatal.h"
#include "base/log.h"
#include "base/priv.h"
#include "mail/queue_dir.h"
#include "postsuper.h"
#include "service/setup.h"

#define USAGE                                                                \
    "usage: postsuper [-c config_dir] [-d queue_id (delete)] [-e queue_id "  \
    "(expire)] [-f queue_id (expire and/or un-hold)] [-h queue_id (hold)] "  \
    "[-H queue_id (un-hold)] [-p (purge temporary files)] [-r queue_id "     \
    "(requeue)] [-s (structure fix)] [-S (redundant structure fix)][-v "     \
    "(verbose)] [queue...]"

const char *const all_queues[] = { "maildrop", "incoming", "active",
                                   "deferred", "hold",     "trace",
                                   "defer",    "bounce",   "flush", NULL };
const char *const message_queues[] = { "maildrop", "incoming", "active",
                                       "deferred", "hold", NULL };

struct arguments {
    const char *config_directory;
    struct { ARRAY_OF(struct request); } requests;
    bool asked[ACTION_COUNT];
    struct repair_options repair;
    int verbose;
};

static bool is_in(const char *name, const char *const *list)
{
    for (; *list != NULL; list++)
        if (strcmp(name, *list) == 0)
            return true;
    return false;
}

bool is_message_queue(const char *queue)
{
    return is_in(queue, message_queues);
}

static void add_request(struct arguments *a, enum action first,
                        enum action second, const char *id)
{
    struct request request = { .id = id };

    request.actions[first] = request.actions[second] = true;
    a->asked[first] = a->asked[second] = true;
    ARRAY_ADD(&a->requests, request);
}

static void add_one(struct arguments *a, enum action action, const char *id)
{
    add_request(a, action, action, id);
}

static void parse_arguments(struct arguments *a, int argc, char **argv)
{
    int c;

    while ((c = getopt(argc, argv, "c:d:e:f:h:H:pr:sSv")) != -1)
        switch (c) {
        case 'c': a->config_directory = optarg; break;
        case 'd': add_one(a, ACTION_DELETE, optarg); break;
        case 'e': add_one(a, ACTION_EXPIRE, optarg); break;
        case 'f':
            add_request(a, ACTION_EXPIRE, ACTION_RELEASE, optarg);
            break;
        case 'h': add_one(a, ACTION_HOLD, optarg); break;
        case 'H': add_one(a, ACTION_RELEASE, optarg); break;
        case 'p': a->repair.purge = true; break;
        case 'r': add_one(a, ACTION_REQUEUE, optarg); break;
        case 'S': a->repair.long_names_too = true; /* fall through */
        case 's': a->repair.structure = true; break;
        case 'v': a->verbose++; break;
        default: fatal(USAGE);
        }
    if (a->requests.count == 0 && !a->repair.purge && !a->repair.structure)
        a->repair.purge = a->repair.structure = true;
}

static const char *const *named_queues(char **names)
{
    if (*names == NULL)
        return NULL;
    for (char **name = names; *name != NULL; name++)
        if (!is_in(*name, all_queues))
            fatal("invalid directory name: %s", *name);
    return (const char *const *)names;
}

/* The queue belongs to mail_owner, and root has no business in folders that
 * another user can write. An installation without root is run by its owner. */
static void become_owner(void)
{
    struct error why = ERROR_NONE;
    uid_t uid;
    gid_t gid;

    if (!priv_user(common_params.mail_owner, &uid, &gid, &why))
        fatal("mail_owner: %s", why.text);
    if (getuid() != 0 && getuid() != uid)
        fatal("use of this command is reserved for the superuser");
    if (chdir(common_params.queue_directory) != 0)
        fatal("chdir %s: %s", common_params.queue_directory, strerror(errno));
    if (getuid() == 0)
        priv_drop(uid, gid);
}

/* Repairs come first: actions need names and places that are right. */
static void work(const struct arguments *a, const char *const *queues)
{
    if (a->repair.purge || a->repair.structure)
        repair(queues, &a->repair);
    for (size_t i = 0; i < a->requests.count; i++)
        act(&a->requests.items[i], queues);
    for (size_t i = 0; i < ACTION_COUNT; i++)
        if (a->asked[i])
            report_action((enum action)i);
}

int main(int argc, char **argv)
{
    struct arguments a = { .config_directory = NULL };

    command_begin(argv, "postsuper");
    parse_arguments(&a, argc, argv);
    const struct command_options command = {
        .program = "postsuper",
        .config_directory = a.config_directory,
    };

    command_start(&command);
    log_set_verbose(a.verbose);
    const char *const *queues = named_queues(argv + optind);
    become_owner();
    work(&a, queues);
    ARRAY_FREE(&a.requests);
    return 0;
}
