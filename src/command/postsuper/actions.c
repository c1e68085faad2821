/* SPDX-License-Identifier: ISC
 *
 * actions.c - delete, requeue, hold, release, expire.
 *
 * A message may move from queue to queue while we look for it, so a second
 * look is taken before it counts as absent.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fatal.h"
#include "base/log.h"
#include "base/stream.h"
#include "mail/queue_dir.h"
#include "postsuper.h"

enum outcome { DONE, NOT_HERE, NOTHING_TO_DO };

static const char *const log_queues[] = { "trace", "defer", "bounce" };
enum { LOG_KINDS = sizeof log_queues / sizeof *log_queues };

static atomic_ulong counts[ACTION_COUNT];

/* Threads take turns in what is not for several of them. */
static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;

_Noreturn static void cannot(const char *what, const char *queue,
                             const char *id, const char *target)
{
    struct str path = STR_EMPTY, to = STR_EMPTY;
    int number = errno;

    queue_dir_path(&path, queue, id);
    if (target == NULL)
        fatal("%s file %s: %s", what, path.data, strerror(number));
    queue_dir_path(&to, target, id);
    fatal("%s file %s as %s: %s", what, path.data, to.data, strerror(number));
}

static void warn(const char *what, const char *path)
{
    int number = errno;

    pthread_mutex_lock(&turn);
    log_warning("%s %s: %s", what, path, strerror(number));
    pthread_mutex_unlock(&turn);
}

static enum outcome move(const char *id, const char *from, const char *to)
{
    if (queue_dir_move(id, from, to))
        return DONE;
    if (errno == ENOENT)
        return NOT_HERE;
    cannot("rename", from, id, to);
}

static bool is_there(const char *queue, const char *id, struct stat *st)
{
    struct str path = STR_EMPTY;

    bool there = lstat(queue_dir_path(&path, queue, id), st) == 0 &&
                 S_ISREG(st->st_mode);
    str_fini(&path);
    return there;
}

/* ---- The actions on one message in one queue ----------------------------- */

/* Are there any logs of that kind? Asked now and then, as most messages of a
 * long queue have one kind only. */
static bool has_logs(size_t kind)
{
    enum { BELIEVED_MS = 100 };
    static struct { bool any; deadline_t until; } known[LOG_KINDS];

    pthread_mutex_lock(&turn);
    if (clock_now() >= known[kind].until) {
        struct queue_scan *scan = queue_scan_open(log_queues[kind]);
        known[kind].any = queue_scan_next(scan, NULL) != NULL ||
                            queue_scan_failed(scan, NULL);
        known[kind].until = deadline_in_ms(BELIEVED_MS);
        queue_scan_close(scan);
    }
    bool any = known[kind].any;
    pthread_mutex_unlock(&turn);
    return any;
}

/* The logs go first: those of a message that is gone would stay for ever. A
 * file that was not complete goes, but is no message. */
static enum outcome delete_message(const char *queue, const char *id)
{
    struct stat st;

    if (!is_there(queue, id, &st))
        return NOT_HERE;
    for (size_t i = 0; i < LOG_KINDS; i++)
        if (has_logs(i) && !queue_dir_remove(log_queues[i], id) &&
            errno != ENOENT)
            cannot("remove", log_queues[i], id, NULL);
    if (queue_dir_remove(queue, id))
        return queue_dir_state(&st) == QUEUE_FILE_READY ? DONE : NOTHING_TO_DO;
    if (errno == ENOENT)
        return NOT_HERE;
    cannot("remove", queue, id, NULL);
}

/* Pickup ignores files with a time in the future, as deferred ones have. */
static enum outcome requeue_message(const char *queue, const char *id)
{
    struct str path = STR_EMPTY;

    if (strcmp(queue, "maildrop") == 0)
        return NOTHING_TO_DO;
    enum outcome outcome = move(id, queue, "maildrop");
    if (outcome == DONE &&
        utimensat(AT_FDCWD, queue_dir_path(&path, "maildrop", id), NULL,
                  AT_SYMLINK_NOFOLLOW) != 0)
        warn("reset time stamps of", path.data);
    str_fini(&path);
    return outcome;
}

/* Mail in maildrop was not checked by anything yet. */
static enum outcome hold_message(const char *queue, const char *id)
{
    if (strcmp(queue, "hold") == 0 || strcmp(queue, "maildrop") == 0)
        return NOTHING_TO_DO;
    return move(id, queue, "hold");
}

static enum outcome release_message(const char *queue, const char *id)
{
    if (strcmp(queue, "hold") != 0)
        return NOTHING_TO_DO;
    return move(id, queue, "deferred");
}

static enum outcome expire_message(const char *queue, const char *id)
{
    struct str path = STR_EMPTY;
    struct stat st;
    enum outcome outcome = NOTHING_TO_DO;

    if (!is_there(queue, id, &st))
        return NOT_HERE;
    if ((st.st_mode & S_IXGRP) == 0) {
        queue_dir_path(&path, queue, id);
        outcome = DONE;
        if (chmod(path.data, (st.st_mode | S_IXGRP) & 07777) != 0) {
            outcome = errno == ENOENT ? NOT_HERE : NOTHING_TO_DO;
            if (errno != ENOENT)
                warn("expire file", path.data);
        }
    }
    str_fini(&path);
    return outcome;
}

/* ---- Rows ---------------------------------------------------------------- */

static const char *const hold_queue[] = { "hold", NULL };
static const char *const all_but_maildrop[] = { "hold", "incoming", "active",
                                                "deferred", NULL };
static const char *const holdable[] = { "incoming", "active", "deferred",
                                        NULL };

static const struct action_row {
    enum outcome (*run)(const char *queue, const char *id);
    const char *const *queues; /* unless others are named */
    const char *done;
    const char *summary;
} rows[ACTION_COUNT] = {
    [ACTION_DELETE] = { delete_message, message_queues, "removed",
                        "Deleted" },
    [ACTION_REQUEUE] = { requeue_message, all_but_maildrop, "requeued",
                         "Requeued" },
    [ACTION_HOLD] = { hold_message, holdable, "placed on hold",
                      "Placed on hold" },
    [ACTION_RELEASE] = { release_message, hold_queue, "released from hold",
                         "Released from hold" },
    [ACTION_EXPIRE] = { expire_message, all_but_maildrop, "expired",
                        "Force-expired" },
};

void report_action(enum action action)
{
    unsigned long count = counts[action];

    log_info("%s: %lu message%s", rows[action].summary, count,
             count == 1 ? "" : "s");
}

/* Returns whether all is done that can be done for this message. */
static bool run_action(enum action action, const char *queue, const char *id,
                       bool tell)
{
    enum outcome outcome = rows[action].run(queue, id);

    if (outcome == DONE && tell)
        log_info("%s: %s", id, rows[action].done);
    counts[action] += outcome == DONE;
    return outcome == DONE ||
           (outcome == NOTHING_TO_DO && action == ACTION_EXPIRE);
}

/* ---- Which messages ------------------------------------------------------ */

static void act_on_id(enum action action, const char *id,
                      const char *const *queues)
{
    enum { ROUNDS = 2 };

    if (!queue_id_is_valid(id)) {
        log_warning("invalid mail queue id: %s", id);
        return;
    }
    for (int round = 0; round < ROUNDS; round++)
        for (size_t i = 0; queues[i] != NULL; i++)
            if (run_action(action, queues[i], id, true))
                return;
}

/* Messages of a folder, in the order of their inodes: what the file system keeps
 * about neighbours is in the same blocks. */
enum { BATCH = 16384 };

struct batch {
    size_t count;
    struct found {
        ino_t inode;
        size_t id_at; /* in ids */
    } found[BATCH];
    struct str ids; /* each with its NUL */
};

static int compare_inodes(const void *a, const void *b)
{
    const struct found *x = a, *y = b;

    return (x->inode > y->inode) - (x->inode < y->inode);
}

/* False: there are no more. */
static bool fill_batch(struct batch *batch, struct queue_scan *scan,
                       bool tell_bogus)
{
    struct str path = STR_EMPTY;
    const char *id = NULL;

    batch->count = 0;
    str_clear(&batch->ids);
    while (batch->count < BATCH && (id = queue_scan_next(scan, &path)) != NULL) {
        if (queue_id_is_valid(id)) {
            struct found *found = &batch->found[batch->count++];
            (void)queue_scan_is_file(scan, &found->inode);
            found->id_at = batch->ids.length;
            str_add_bytes(&batch->ids, id, strlen(id) + 1);
        } else if (tell_bogus) {
            log_warning("bogus file name: %s", path.data);
        }
    }
    str_fini(&path);
    qsort(batch->found, batch->count, sizeof *batch->found, compare_inodes);
    return batch->count > 0;
}

/* In a folder of the queue, or all of it. */
static void act_on_files(enum action action, const char *queue,
                         const char *folder)
{
    struct queue_scan *scan = queue_scan_open_all(folder);
    struct batch *batch = mem_zalloc(sizeof *batch);
    struct error why = ERROR_NONE;
    struct stat st;

    str_init(&batch->ids);
    while (fill_batch(batch, scan, folder == queue))
        for (size_t i = 0; i < batch->count; i++) {
            const char *id = batch->ids.data + batch->found[i].id_at;
            if (action == ACTION_DELETE || is_there(queue, id, &st))
                run_action(action, queue, id, false);
        }
    if (queue_scan_failed(scan, &why))
        fatal("%s", why.text);
    queue_scan_close(scan);
    str_fini(&batch->ids);
    free(batch);
}

struct sweep {
    enum action action;
    const char *queue;
};

static void sweep_folder(const char *folder, void *context)
{
    const struct sweep *sweep = context;

    act_on_files(sweep->action, sweep->queue, folder);
}

/* Once in a hurry, and once with a look at everything that is left. */
static void act_on_queue(enum action action, const char *queue)
{
    struct sweep sweep = { action, queue };

    each_folder(queue, sweep_folder, &sweep);
    act_on_files(action, queue, queue);
}

/* Those named on the command line, or the action's own. */
static const char *const *queues_of(enum action action,
                                    const char *const *named)
{
    return named != NULL ? named : rows[action].queues;
}

static void act_on_ids_from_input(const struct request *request,
                                  const char *const *queues)
{
    enum { LINE_BYTES = 1024 };
    struct stream *in = stream_open(STDIN_FILENO);
    struct str line = STR_EMPTY;

    while (stream_get_until(in, '\n', LINE_BYTES, &line) || line.length > 0) {
        for (int i = 0; i < ACTION_COUNT; i++)
            if (request->actions[i])
                act_on_id(i, line.data, queues_of(i, queues));
        if (stream_failed(in))
            break;
        str_clear(&line);
    }
    str_fini(&line);
    stream_detach(in);
}

void act(const struct request *request, const char *const *named)
{
    if (strcmp(request->id, "-") == 0) {
        act_on_ids_from_input(request, named);
        return;
    }
    for (int i = 0; i < ACTION_COUNT; i++) {
        const char *const *queues = queues_of(i, named);
        if (!request->actions[i])
            continue;
        if (strcmp(request->id, "ALL") != 0)
            act_on_id(i, request->id, queues);
        else
            for (size_t q = 0; queues[q] != NULL; q++)
                act_on_queue(i, queues[q]);
    }
}
