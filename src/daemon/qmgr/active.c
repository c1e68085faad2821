/* SPDX-License-Identifier: ISC
 *
 * active.c - the messages in the active queue, and how they get there.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/fiber.h"
#include "base/lock.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/str.h"
#include "client/client.h"
#include "config/params.h"
#include "flow.h"
#include "mail/queue_dir.h"
#include "mail/queue_log.h"
#include "message.h"

enum { MANY_MESSAGES = 100, QUIET_MS = 1500 };

/* By queue ID. */
static struct hash *messages;
/* A file could not leave the folder, though its message is not in memory. */
static bool has_stranded;
static long probes;

/* Messages since memory was given back, which happens when none is left for a
 * while. */
static size_t taken;
static struct loop_timer *quiet_timer;

static void quiet(void *unused)
{
    (void)unused;
    if (hash_count(messages) > 0)
        return;
    hash_free(messages, NULL);
    messages = hash_new();
    fiber_trim();
    mem_trim();
    taken = 0;
}

void active_set_up(void)
{
    messages = hash_new();
    quiet_timer = loop_timer_new(quiet, NULL);
}

static void add(struct message *m)
{
    hash_put(messages, m->id, m);
    taken++;
}

long active_count(void)
{
    return (long)hash_count(messages);
}

long active_probe_count(void)
{
    return probes;
}

bool active_has_room(void)
{
    return active_count() < qmgr_params.qmgr_message_active_limit;
}

bool active_set_times(const char *queue, const char *id, time_t when)
{
    struct str path = STR_EMPTY;
    struct timespec times[2] = { { .tv_sec = when }, { .tv_sec = when } };

    bool ok = utimensat(AT_FDCWD, queue_dir_path(&path, queue, id), times,
                        AT_SYMLINK_NOFOLLOW) == 0;
    str_fini(&path);
    return ok;
}

const char *active_sender(struct message *m)
{
    return logged_address(m->arena, m->envelope.sender);
}

void active_save_corrupt(const char *id)
{
    log_warning("saving corrupt file \"%s\" from queue \"active\" to queue "
                "\"corrupt\"",
                id);
    if (!queue_dir_move(id, "active", "corrupt"))
        log_warning("cannot move %s from queue active to queue corrupt: %s",
                    id, strerror(errno));
}

void active_drop(struct message *m)
{
    hash_remove(messages, m->id);
    if (m->flags & MESSAGE_PROBE)
        probes--;
    message_free(m);
    if (taken >= MANY_MESSAGES && hash_count(messages) == 0)
        loop_timer_set(quiet_timer, deadline_in_ms(QUIET_MS));
    scan_room_in_active();
}

/* ---- Taking in --------------------------------------------------------- */

/* EAGAIN: some process still delivers it, for a queue manager that is no more.
 * Else <number> is an error of the file system's. */
static void postpone_locked(const char *queue, const char *id, int number)
{
    if (number == EAGAIN)
        log_info("%s: skipped, still being delivered", id);
    else
        log_warning("%s: cannot lock the queue file: %s; it is tried again "
                    "later",
                    id, strerror(number));
    if (!active_set_times(queue, id, time(NULL) + scan_again_soon()) ||
        (strcmp(queue, "incoming") != 0 &&
         !queue_dir_move(id, queue, "incoming")))
        log_warning("%s: cannot postpone: %s", id, strerror(errno));
}

bool active_is_due(const struct stat *st, unsigned flags)
{
    switch (queue_dir_state(st)) {
    case QUEUE_FILE_UNFINISHED: return false;
    case QUEUE_FILE_BAD: return S_ISREG(st->st_mode);
    case QUEUE_FILE_READY: break;
    }
    return (flags & TAKE_ANY_TIME) || st->st_mtime <= time(NULL) + 1;
}

/* A delivery agent gave the file up. */
static void move_away(const char *queue, const char *id)
{
    if (queue_dir_move(id, queue, "active"))
        active_save_corrupt(id);
}

/* A file that was given up cannot even be opened for writing. */
static int open_file(const char *queue, const char *id)
{
    struct str path = STR_EMPTY;
    struct stat st;
    int fd = queue_dir_open(queue, id, O_RDWR);

    if (fd >= 0 || errno == ENOENT)
        return fd;
    int saved = errno;
    if (lstat(queue_dir_path(&path, queue, id), &st) == 0 &&
        queue_dir_state(&st) == QUEUE_FILE_BAD) {
        if (active_is_due(&st, 0))
            move_away(queue, id);
    } else {
        log_warning("open %s/%s: %s", queue, id, strerror(saved));
        scan_again_soon();
    }
    str_fini(&path);
    return -1;
}

/* Open, check, lock and rename. -1: not now. */
static int enter(const char *queue, const char *id, unsigned flags,
                 struct stat *st)
{
    int fd = open_file(queue, id);

    if (fd < 0)
        return -1;
    if (fstat(fd, st) < 0 || !active_is_due(st, flags)) {
        close(fd);
        return -1;
    }
    if (queue_dir_state(st) == QUEUE_FILE_BAD) {
        close(fd);
        move_away(queue, id);
        return -1;
    }
    if (!lock_file(fd, LOCK_STYLE_FLOCK, LOCK_KIND_EXCLUSIVE, 0)) {
        int number = errno;
        close(fd);
        postpone_locked(queue, id, number);
        return -1;
    }
    if (!queue_dir_move(id, queue, "active")) {
        if (errno != ENOENT) {
            log_warning("cannot move %s from queue %s to queue active: %s",
                        id, queue, strerror(errno));
            scan_again_soon();
        }
        close(fd);
        return -1;
    }
    return fd;
}

/* Requests that postsuper and flush leave in the mode. */
static void read_mode(struct message *m, int fd, mode_t mode)
{
    if (mode & S_IXGRP)
        m->flags |= MESSAGE_FORCE_EXPIRE;
    if ((mode & S_IRGRP) == 0)
        return;
    m->flags |= MESSAGE_UNTHROTTLE | MESSAGE_FLUSH;
    if (fchmod(fd, (mode & 0777) & ~(mode_t)S_IRGRP) < 0)
        log_warning("%s: cannot change the file mode: %s", m->id,
                    strerror(errno));
}

/* Nobody is tried: all are deferred by what the log has. */
static bool skip_recipients(struct message *m, struct message_reader *reader)
{
    message_reader_close(reader);
    m->schedule.unread = 0;
    m->flags |= MESSAGE_DEFERRED;
    return true;
}

static bool read_in(struct message *m, int fd, bool has_reasons)
{
    struct message_reader *reader =
        message_reader_open(stream_open_file(fd), m->arena);
    struct error why = ERROR_NONE;

    if (!message_read_envelope(m, reader, &why)) {
        message_reader_close(reader);
        log_warning("%s: %s", m->id, why.text);
        return false;
    }
    if (m->envelope.trace_flags & TRACE_MTA_VERIFY) {
        m->flags |= MESSAGE_PROBE;
        probes++;
    }
    log_info("%s: from=<%s>, size=%ld, nrcpt=%ld (queue active)", m->id,
             active_sender(m), m->envelope.content_length,
             m->envelope.recipient_count);
    if (has_reasons)
        return skip_recipients(m, reader);
    if (message_read_recipients(m, reader, &why))
        return true;
    log_warning("%s: %s", m->id, why.text);
    return false;
}

/* Other fibers may run, and be done with all of it, before the kick returns;
 * while it is busy the message stays. */
void active_start_delivery(struct message *m)
{
    deliver_kick_all();
    m->flags &= ~(unsigned)MESSAGE_BUSY;
    if (m->schedule.entries == 0)
        message_entries_done(m);
}

/* A disk that failed once may do better another time. */
static void put_off(const char *id)
{
    if (!active_set_times("active", id,
                          time(NULL) + queue_params.minimal_backoff_time))
        log_warning("%s: cannot set the file time: %s", id, strerror(errno));
    active_defer_file(id);
}

bool active_take(const char *queue, const char *id, unsigned flags)
{
    struct stat st;

    if (hash_has(messages, id))
        return false;
    int fd = enter(queue, id, flags, &st);
    if (fd < 0)
        return false;
    bool has_reasons = (st.st_mode & S_IXGRP) && expire_has_reasons(id);
    /* What an earlier attempt had to say is out of date: a sender would be told
     * of recipients who get the message now. */
    if (!(flags & TAKE_FRESH) && !has_reasons &&
        !queue_log_remove("defer", id)) {
        put_off(id);
        close(fd);
        return true;
    }

    struct message *m = message_new(id);
    add(m);
    m->flags |= MESSAGE_BUSY;
    if (flags & TAKE_FLUSH)
        m->flags |= MESSAGE_FLUSH;
    read_mode(m, fd, st.st_mode);
    if (!read_in(m, fd, has_reasons)) {
        if (m->flags & MESSAGE_UNREADABLE)
            put_off(id);
        else
            active_save_corrupt(id);
        active_drop(m);
        return true;
    }
    if (strcmp(queue, "incoming") == 0)
        flow_message_taken();
    active_start_delivery(m);
    return true;
}

/* ---- Files without a message ------------------------------------------- */

void active_defer_file(const char *id)
{
    if (queue_dir_move(id, "active", "deferred") || errno == ENOENT)
        return;
    log_warning("cannot move %s from queue active to queue deferred: %s", id,
                strerror(errno));
    has_stranded = true;
}

void active_has_stranded(void)
{
    has_stranded = true;
}

void active_free_stranded(void)
{
    struct error why = ERROR_NONE;

    if (!has_stranded)
        return;
    has_stranded = false;
    struct queue_scan *walk = queue_scan_open("active");
    struct str path = STR_EMPTY;
    const char *id;

    while ((id = queue_scan_next(walk, &path)) != NULL)
        if (!hash_has(messages, id))
            active_defer_file(id);
    if (queue_scan_failed(walk, &why)) {
        log_warning("%s", why.text);
        has_stranded = true;
    }
    queue_scan_close(walk);
    str_fini(&path);
}
