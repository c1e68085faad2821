/* SPDX-License-Identifier: ISC
 *
 * main.c - pickup: what local users have posted goes from the maildrop folder
 * to cleanup.
 *
 * Each message waits for the disk twice or more. So some are under way at a
 * time, each in a fiber with a cleanup process of its own.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/fiber.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/priv.h"
#include "mail/queue_dir.h"
#include "pickup.h"
#include "service/service.h"

enum { WORKERS = 5 };

static const char maildrop[] = "maildrop";
static uid_t owner;

/* Anybody may make files here by way of postdrop: look before reading. */
static bool look_at(struct maildrop_file *file, int fd)
{
    if (fstat(fd, &file->st) != 0 ||
        queue_dir_state(&file->st) != QUEUE_FILE_READY)
        return false;
    file->is_requeued =
        file->st.st_uid == owner && (file->st.st_mode & S_IROTH) == 0;
    return true;
}

enum taken { TAKEN, TAKE_NOT_NOW, TAKE_SOON };

/* Told once a pass, not once a file. */
static bool has_told;

static enum taken tell_why_not(const struct error *why)
{
    if (!has_told)
        log_warning("%s; mail waits in maildrop until they can", why->text);
    has_told = true;
    return TAKE_SOON;
}

static enum taken take_open(const struct maildrop_file *file, int fd)
{
    struct error why = ERROR_NONE;

    if (!removal_is_possible(file, &why)) {
        close(fd);
        return tell_why_not(&why);
    }
    enum copy_outcome outcome = copy_message(file, fd, &why);
    if (outcome == PICKUP_LATER)
        return TAKE_SOON;
    if (outcome == PICKUP_BAD)
        log_warning("maildrop/%s: %s", file->id, why.text);
    return removal_do(file) ? TAKEN : TAKE_SOON;
}

static enum taken take(const char *id)
{
    struct maildrop_file file = { .id = id };

    int fd = queue_dir_open(maildrop, id, O_RDONLY | O_NONBLOCK);
    if (fd < 0) {
        if (errno == ENOENT)
            return TAKE_NOT_NOW;
        log_warning("open maildrop/%s: %s", id, strerror(errno));
        return TAKE_SOON;
    }
    bool is_ready = look_at(&file, fd);
    bool is_sent = is_ready && removal_is_due(&file);
    if (is_ready && !is_sent)
        return take_open(&file, fd);
    close(fd);
    if (!is_sent)
        return TAKE_NOT_NOW;
    return removal_do(&file) ? TAKEN : TAKE_SOON;
}

/* ---- several at a time ---- */

static struct worker {
    char id[QUEUE_ID_SIZE]; /* "": free */
} workers[WORKERS];
static struct fiber_gate worker_is_free;
static struct loop_timer *again_timer;
static bool is_scanning, was_asked, removed_any, has_failed;

static void work(void *argument)
{
    struct worker *worker = argument;

    switch (take(worker->id)) {
    case TAKEN: removed_any = true; break;
    case TAKE_SOON: has_failed = true; break;
    case TAKE_NOT_NOW: break;
    }
    worker->id[0] = '\0';
    fiber_gate_open(&worker_is_free);
}

static struct worker *worker_for(const char *id)
{
    for (int i = 0; i < WORKERS; i++)
        if (strcmp(workers[i].id, id) == 0)
            return &workers[i];
    return NULL;
}

static void give_to_worker(const char *id)
{
    struct worker *worker;

    while ((worker = worker_for("")) == NULL)
        fiber_gate_wait(&worker_is_free, DEADLINE_NEVER);
    if (worker_for(id) != NULL)
        return; /* a folder that changes may show a name twice */
    strncpy(worker->id, id, sizeof worker->id - 1);
    fiber_start(work, worker);
}

static bool all_are_free(void)
{
    for (int i = 0; i < WORKERS; i++)
        if (workers[i].id[0] != '\0')
            return false;
    return true;
}

/* Nobody else would ask before master does. */
static void again_after(bool failed)
{
    enum { FIRST_S = 2, LAST_S = 60 };
    static int pause_s = FIRST_S;

    if (!failed) {
        pause_s = FIRST_S;
        return loop_timer_set(again_timer, DEADLINE_NEVER);
    }
    loop_timer_set(again_timer, deadline_in_s(pause_s));
    pause_s = pause_s * 2 < LAST_S ? pause_s * 2 : LAST_S;
}

static void scan_once(void)
{
    struct queue_scan *scan = queue_scan_open(maildrop);
    struct error why = ERROR_NONE;
    const char *id;

    removed_any = has_failed = has_told = false;
    while ((id = queue_scan_next(scan, NULL)) != NULL)
        give_to_worker(id);
    if (queue_scan_failed(scan, &why)) {
        log_warning("%s", why.text);
        has_failed = true;
    }
    queue_scan_close(scan);
    while (!all_are_free())
        fiber_gate_wait(&worker_is_free, DEADLINE_NEVER);
}

/* What came during a pass may have been missed by it. */
static void scan_all(void *unused)
{
    (void)unused;
    was_asked = true;
    if (is_scanning)
        return;
    is_scanning = true;
    do {
        was_asked = false;
        scan_once();
    } while (was_asked || removed_any);
    is_scanning = false;
    again_after(has_failed);
}

static void again(void *unused)
{
    (void)unused;
    fiber_start(scan_all, NULL);
}

static void triggered(const char *bytes, size_t length)
{
    (void)bytes, (void)length;
    scan_all(NULL);
}

static void set_up(void)
{
    struct error why = ERROR_NONE;

    if (!priv_user(common_params.mail_owner, &owner, NULL, &why))
        owner = geteuid();
    copy_set_up();
}

static void after_jail(void)
{
    again_timer = loop_timer_new(again, NULL);
}

static const struct param_group *const groups[] = { &message_param_group,
                                                    NULL };

static const struct service pickup = {
    .name = "pickup",
    .groups = groups,
    .kind = SERVICE_TRIGGER,
    .sessions = SERVICE_MANY,
    .flags = SERVICE_SOLITARY,
    .may = MAY_WRITE_QUEUE,
    .queue_folders = "maildrop",
    .triggered = triggered,
    .before_jail = set_up,
    .after_jail = after_jail,
};

int main(int argc, char **argv)
{
    return service_main(&pickup, argc, argv);
}
