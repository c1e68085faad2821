/* SPDX-License-Identifier: ISC
 *
 * leave.c - messages of which all deliveries are done: notices, and then the
 * way out of the active queue.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fiber.h"
#include "base/io.h"
#include "base/log.h"
#include "base/str.h"
#include "config/params.h"
#include "mail/queue_dir.h"
#include "message.h"

/* If it cannot be found out, the service that reads the log says so. */
static bool log_exists(const char *queue, const char *id)
{
    struct str path = STR_EMPTY;
    bool exists = access(queue_dir_path(&path, queue, id), F_OK) == 0 ||
                  errno != ENOENT;

    str_fini(&path);
    return exists;
}

/* The message stays for a notice that could not be sent. */
static bool notice_sent(const struct message *m, const char *what, bool sent)
{
    if (!sent)
        log_info("%s: status=deferred (%s failed)", m->id, what);
    return sent;
}

static bool send_bounces(struct message *m)
{
    struct status_message status = message_status(m);

    if (!log_exists("bounce", m->id))
        return true;
    if (*m->envelope.verp != '\0' && *m->envelope.sender != '\0' &&
        !queue_params.disable_verp_bounces)
        return notice_sent(m, "verp-bounce", bounce_flush_verp(&status));
    return notice_sent(m, "bounce", bounce_flush(&status));
}

/* A report that was sent is not sent again with the next attempt. */
static void kill_trace_request(struct message *m)
{
    int fd;

    if (!(m->envelope.trace_flags & TRACE_RECORD) ||
        m->envelope.trace_offset == 0)
        return;
    fd = queue_dir_open("active", m->id, O_RDWR);
    if (fd < 0 || !record_mark(fd, m->envelope.trace_offset, REC_KILLED))
        log_warning("%s: cannot remove the trace request: %s", m->id,
                    strerror(errno));
    if (fd >= 0)
        close(fd);
}

/* Whoever asked for it may have been delivered to, and marked, before this
 * process read the file: the log tells. */
static bool send_trace(struct message *m)
{
    struct status_message status = message_status(m);

    if (!log_exists("trace", m->id))
        return true;
    if (!notice_sent(m, "trace", trace_flush(&status)))
        return false;
    kill_trace_request(m);
    return true;
}

static void mark_warned(struct message *m)
{
    enum { HEADER_BYTES = 2 }; /* type and length */
    char text[32];
    int fd = queue_dir_open("active", m->id, O_RDWR);
    int length = snprintf(text, sizeof text, "%15ld", -1L);

    if (fd < 0 || pwrite(fd, text, (size_t)length,
                         m->envelope.warn_offset + HEADER_BYTES) != length)
        log_warning("%s: cannot note that a delay warning was sent: %s",
                    m->id, strerror(errno));
    if (fd >= 0)
        close(fd);
}

static void warn_of_delay(struct message *m)
{
    struct status_message status = message_status(m);

    if (m->envelope.warn_offset == 0 || m->envelope.warn_time <= 0 ||
        time(NULL) < m->envelope.warn_time)
        return;
    if (defer_warn(&status))
        mark_warned(m);
}

static bool is_expired(const struct message *m)
{
    int lifetime = *m->envelope.sender != '\0'
                       ? queue_params.maximal_queue_lifetime
                       : queue_params.bounce_queue_lifetime;

    return time(NULL) >= m->envelope.created + lifetime;
}

/* Nobody waits for what a probe has to say. */
static bool may_be_returned(const struct message *m)
{
    if ((m->flags & MESSAGE_PROBE) || expire_has_reasons(m->id))
        return true;
    log_warning("%s: expired, but what became of its recipients could not be "
                "written down; it will be tried again",
                m->id);
    return false;
}

/* True: everything is returned, the message may go. */
static bool expire(struct message *m)
{
    bool forced = (m->flags & MESSAGE_FORCE_EXPIRE) != 0;
    struct status_message status = message_status(m);

    if ((!forced && !is_expired(m)) || !may_be_returned(m))
        return false;
    log_info("%s: from=<%s>, status=%s, returned to sender", m->id,
             active_sender(m), forced ? "force-expired" : "expired");
    return defer_flush(&status);
}

/* Twice as long as it has waited so far, within bounds. */
static time_t retry_delay(const struct message *m)
{
    time_t delay = time(NULL) - m->envelope.created;

    if (delay < queue_params.minimal_backoff_time)
        delay = queue_params.minimal_backoff_time;
    if (delay > queue_params.maximal_backoff_time)
        delay = queue_params.maximal_backoff_time;
    return delay;
}

static bool was_given_up(const struct message *m)
{
    struct str path = STR_EMPTY;
    struct stat st;
    bool bad = lstat(queue_dir_path(&path, "active", m->id), &st) == 0 &&
               queue_dir_state(&st) == QUEUE_FILE_BAD;

    str_fini(&path);
    return bad;
}

static void keep_for_later(struct message *m)
{
    if (was_given_up(m)) {
        active_save_corrupt(m->id);
        return;
    }
    if (!active_set_times("active", m->id, time(NULL) + retry_delay(m)) &&
        errno != ENOENT)
        log_warning("%s: cannot set the file time: %s", m->id,
                    strerror(errno));
    active_defer_file(m->id);
}

/* A file system that tells its device of free blocks at once (mount option
 * discard) waits for the device at each unlink; the others go on meanwhile. */
struct removal {
    const char *path;
    int number; /* errno, 0: removed */
};

static void remove_file(void *argument)
{
    struct removal *removal = argument;

    removal->number = unlink(removal->path) == 0 ? 0 : errno;
}

/* 0, or errno. */
static int remove_active(const char *id)
{
    struct str path = STR_EMPTY;
    struct removal removal = { queue_dir_path(&path, "active", id), 0 };

    offload(remove_file, &removal);
    str_fini(&path);
    return removal.number;
}

static void remove_message(struct message *m)
{
    if (common_params.dont_remove) {
        if (!queue_dir_move(m->id, "active", "saved"))
            log_warning("cannot move %s from queue active to queue saved: %s",
                        m->id, strerror(errno));
        return;
    }
    int number = remove_active(m->id);
    if (number != 0 && number != ENOENT) {
        log_warning("cannot remove %s from queue active: %s", m->id,
                    strerror(number));
        active_has_stranded();
        return;
    }
    log_info("%s: removed", m->id);
}

static void finish(void *argument)
{
    struct message *m = argument;
    bool told = send_bounces(m) && send_trace(m);

    if (told && (!(m->flags & MESSAGE_DEFERRED) || expire(m))) {
        remove_message(m);
    } else {
        if (m->flags & MESSAGE_DEFERRED)
            warn_of_delay(m);
        keep_for_later(m);
    }
    active_drop(m);
}

void message_entries_done(struct message *m)
{
    if (m->flags & MESSAGE_BUSY)
        return;
    if (m->schedule.unread > 0) {
        message_consider_refill(m);
        return;
    }
    m->flags |= MESSAGE_BUSY;
    fiber_start(finish, m);
}
