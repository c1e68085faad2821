/* SPDX-License-Identifier: ISC
 *
 * site.c - the list of one site.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/hash.h"
#include "base/lock.h"
#include "base/log.h"
#include "base/stream.h"
#include "base/utf8.h"
#include "flush.h"
#include "ipc/call.h"
#include "ipc/messages/small.h"
#include "mail/queue_dir.h"

/* Duplicates are recognised among so many; a longer list may try one twice. */
enum { KNOWN_MAX = 10000, LOCK_WAIT_S = 60 };

const char *site_file_name(struct arena *arena, const char *site)
{
    struct str ascii = STR_EMPTY;

    char *name = arena_strdup(arena, utf8_domain_to_ascii(&ascii, site)
                                         ? ascii.data
                                         : site);
    str_fini(&ascii);
    for (char *p = name; *p != '\0'; p++)
        *p = isalnum((unsigned char)*p) ? (char)tolower((unsigned char)*p)
                                        : '_';
    return name;
}

static bool is_removed(int fd)
{
    struct stat st;

    return fstat(fd, &st) == 0 && st.st_nlink == 0;
}

/* -1 and errno. Not one that was removed while the lock was waited for. */
static int open_list(const char *file_name, int flags)
{
    for (;;) {
        int fd = queue_dir_open("flush", file_name, flags);
        if (fd < 0) {
            if (errno != ENOENT)
                log_warning("open flush/%s: %s", file_name, strerror(errno));
            return -1;
        }
        if (!lock_file(fd, LOCK_STYLE_FLOCK, LOCK_KIND_EXCLUSIVE,
                       deadline_in_s(LOCK_WAIT_S))) {
            int reason = errno;
            log_warning("lock flush/%s: %s", file_name, strerror(reason));
            close(fd);
            errno = reason;
            return -1;
        }
        if (!is_removed(fd))
            return fd;
        close(fd);
    }
}

int site_add(struct arena *arena, const char *site, const char *queue_id)
{
    const char *line = arena_printf(arena, "%s\n", queue_id);
    int fd = open_list(site_file_name(arena, site),
                       O_WRONLY | O_CREAT | O_APPEND);

    if (fd < 0)
        return FLUSH_FAILED;
    bool written = file_write_all(fd, line, strlen(line));
    if (!written)
        log_warning("write flush list of %s: %s", site, strerror(errno));
    close(fd);
    return written ? FLUSH_OK : FLUSH_FAILED;
}

/* ---- Making mail due --------------------------------------------------- */

/* True if it was in <queue>. The time first: as soon as the file is in
 * incoming, the queue manager may look. */
static bool make_due(const char *queue, const char *id, int flags)
{
    struct str path = STR_EMPTY;
    struct stat st;
    bool found = false;

    queue_dir_path(&path, queue, id);
    if (utimensat(AT_FDCWD, path.data, NULL, AT_SYMLINK_NOFOLLOW) == 0) {
        if ((flags & SEND_UNTHROTTLE) && lstat(path.data, &st) == 0 &&
            queue_dir_state(&st) == QUEUE_FILE_READY &&
            chmod(path.data, (st.st_mode & 07777) | S_IRGRP) < 0)
            log_warning("chmod %s: %s", path.data, strerror(errno));
        found = strcmp(queue, "incoming") == 0 ||
                queue_dir_move(id, queue, "incoming");
    }
    if (!found && errno != ENOENT)
        log_warning("update %s: %s", path.data, strerror(errno));
    str_fini(&path);
    return found;
}

static bool send_message(const char *id, int flags)
{
    return make_due("deferred", id, flags) || make_due("incoming", id, flags);
}

static void tell_queue_manager(const char *bytes)
{
    struct error why = ERROR_NONE;

    if (!ipc_trigger("public", common_params.queue_service_name, bytes,
                     strlen(bytes), common_params.trigger_timeout, &why))
        log_warning("cannot tell the queue manager: %s", why.text);
}

int file_send(const char *queue_id)
{
    if (send_message(queue_id, SEND_UNTHROTTLE))
        tell_queue_manager("I");
    return FLUSH_OK;
}

/* ---- A whole list ------------------------------------------------------ */

static int send_listed(struct stream *in, const char *file_name, int flags)
{
    struct hash *known = hash_new();
    struct str line = STR_EMPTY;
    static char noted;
    int sent = 0;

    while (stream_get_until(in, '\n', QUEUE_ID_SIZE, &line)) {
        if (!queue_id_is_valid(line.data)) {
            log_warning("bad queue id \"%.30s\" in fast flush logfile %s",
                        line.data, file_name);
            continue;
        }
        if (hash_has(known, line.data))
            continue;
        if (hash_count(known) < KNOWN_MAX)
            hash_put(known, line.data, &noted);
        sent += send_message(line.data, flags);
    }
    str_fini(&line);
    hash_free(known, NULL);
    return sent;
}

int site_send(const char *file_name, int flags)
{
    int fd = open_list(file_name, O_RDWR);
    if (fd < 0)
        return errno == ENOENT ? FLUSH_OK : FLUSH_FAILED;

    struct stream *in = stream_open(fd);
    int sent = send_listed(in, file_name, flags);
    if (ftruncate(fd, 0) < 0)
        log_warning("truncate flush/%s: %s", file_name, strerror(errno));
    /* The time of last access says when the list was last processed. */
    if (futimens(fd, NULL) < 0)
        log_warning("set the times of flush/%s: %s", file_name,
                    strerror(errno));
    stream_close(in);
    if (sent > 0)
        tell_queue_manager(flags & SEND_UNTHROTTLE ? "FI" : "I");
    return FLUSH_OK;
}

/* ---- All lists --------------------------------------------------------- */

/* Locked: nobody adds a line between the look and the removal. One who waits
 * for the lock meanwhile gets a new list (open_list). */
static void purge(const char *name, const char *path)
{
    struct stat st;
    int fd = open_list(name, O_RDWR);

    if (fd < 0)
        return;
    if (fstat(fd, &st) == 0 && st.st_size == 0 && unlink(path) < 0 &&
        errno != ENOENT)
        log_warning("remove %s: %s", path, strerror(errno));
    close(fd);
}

static void refresh_one(const char *name, const char *path, int refresh_s)
{
    struct stat st;
    time_t now = time(NULL);

    if (lstat(path, &st) < 0 || !S_ISREG(st.st_mode))
        return;
    if (st.st_size > 0) {
        if (st.st_atime + refresh_s <= now)
            site_send(name, 0);
        return;
    }
    if (st.st_mtime + flush_params.fast_flush_purge_time <= now)
        purge(name, path);
}

void all_refresh(int refresh_s)
{
    struct queue_scan *scan = queue_scan_open("flush");
    struct error why = ERROR_NONE;
    struct str path = STR_EMPTY;
    const char *name;

    while ((name = queue_scan_next(scan, &path)) != NULL)
        refresh_one(name, path.data, refresh_s);
    if (queue_scan_failed(scan, &why))
        log_warning("%s", why.text);
    queue_scan_close(scan);
    str_fini(&path);
}
