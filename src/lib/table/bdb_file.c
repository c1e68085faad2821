/* SPDX-License-Identifier: ISC
 *
 * bdb_file.c - the files of a Berkeley DB table, their locks, and the new one
 * beside the old.
 */

#include "bdb_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"

enum { COPY_BYTES = 1 << 20 };

bool bdb_lock(struct bdb *b, enum lock_kind kind, struct error *why)
{
    if (b->keeps_lock && b->has_lock)
        return true;
    b->has_lock = lock_file(b->fd, LOCK_STYLE_FLOCK, kind, DEADLINE_NEVER);
    return b->has_lock ||
           error_set(why, "lock %s: %s", b->path, strerror(errno));
}

void bdb_unlock(struct bdb *b)
{
    if (b->holds)
        return;
    if (b->has_lock && !b->keeps_lock)
        lock_file(b->fd, LOCK_STYLE_FLOCK, LOCK_KIND_NONE, 0);
    b->has_lock = b->keeps_lock;
}

void bdb_close_file(struct bdb *b)
{
    if (b->fd >= 0)
        close(b->fd);
    b->fd = -1;
    b->has_lock = false;
}

void bdb_remove_if_empty(const struct bdb *b)
{
    struct stat info;

    if (stat(b->path, &info) != 0 || info.st_size != 0)
        return;
    int fd = open(b->path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return;
    /* A builder may be about to replace or fill it. */
    if (lock_file(fd, LOCK_STYLE_FLOCK, LOCK_KIND_EXCLUSIVE, DEADLINE_NEVER) &&
        file_has_name(fd, b->path, 0) && fstat(fd, &info) == 0 &&
        info.st_size == 0) {
        log_warning("removing zero-length database file: %s", b->path);
        if (unlink(b->path) != 0 && errno != ENOENT)
            log_warning("remove %s: %s", b->path, strerror(errno));
    }
    close(fd);
}

bool bdb_open_and_lock(struct bdb *b, enum lock_kind kind, struct error *why)
{
    for (;;) {
        b->fd = open(b->path,
                     (b->mode == TABLE_READ ? O_RDONLY : O_RDWR) | O_CLOEXEC);
        if (b->fd < 0)
            return error_set(why, "open database %s: %s", b->path,
                             strerror(errno));
        if (!bdb_lock(b, kind, why))
            return false;
        if (file_has_name(b->fd, b->path, 0))
            return true;
        bdb_close_file(b);
    }
}

/* A file that is not ours would be filled with our data, or kept from us. */
static bool new_file_is_ours(const struct bdb *b, struct error *why)
{
    struct stat mine;

    if (fstat(b->fd, &mine) == 0 && S_ISREG(mine.st_mode) &&
        mine.st_nlink == 1 && mine.st_uid == geteuid())
        return true;
    errno = EEXIST;
    return error_set(why, "%s: not a plain file of user id %ld; remove it",
                     b->new_path, (long)geteuid());
}

/* Open and lock file.db.tmp, so that one builder works at a time. What a
 * killed one left is used again. */
static bool lock_new_file(struct bdb *b, struct error *why)
{
    for (;;) {
        b->fd =
            open(b->new_path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
        if (b->fd < 0)
            return error_set(why, "open database %s: %s", b->path,
                             strerror(errno));
        if (!bdb_lock(b, LOCK_KIND_EXCLUSIVE, why))
            return false;
        if (file_has_name(b->fd, b->new_path, AT_SYMLINK_NOFOLLOW))
            return new_file_is_ours(b, why);
        bdb_close_file(b);
    }
}

/* The mode and owner of the old file, if there is one. */
static bool dress_new_file(struct bdb *b, const struct stat *old,
                           struct error *why)
{
    mode_t mask = umask(022);
    mode_t mode = old != NULL ? old->st_mode & 07777 : 0644 & ~mask;
    struct stat mine;

    umask(mask);
    if (fstat(b->fd, &mine) == 0 && old != NULL &&
        (old->st_uid != mine.st_uid || old->st_gid != mine.st_gid) &&
        fchown(b->fd, old->st_uid, old->st_gid) != 0)
        return error_set(why, "chown %s: %s", b->new_path, strerror(errno));
    if (fchmod(b->fd, mode) != 0)
        return error_set(why, "chmod %s: %s", b->new_path, strerror(errno));
    return true;
}

void bdb_drop_new_file(struct bdb *b)
{
    int failure = errno;

    /* The lock goes last: who waits for it must not find it then. */
    if (b->new_path != NULL && b->fd >= 0)
        unlink(b->new_path);
    free(b->new_path);
    b->new_path = NULL;
    bdb_close_file(b);
    if (b->old_fd >= 0)
        close(b->old_fd);
    b->old_fd = -1;
    errno = failure;
}

bool bdb_make_new_file(struct bdb *b, const struct stat *old, struct error *why)
{
    char *real = realpath(b->path, NULL);

    b->new_path = mem_printf("%s.tmp", real != NULL ? real : b->path);
    free(real);
    if (!lock_new_file(b, why)) {
        int failure = errno;
        bdb_close_file(b);
        errno = failure;
    } else if (dress_new_file(b, old, why)) {
        return true;
    }
    bdb_drop_new_file(b);
    return false;
}

/* Against those who write in place: readers go on. The lock on the new file
 * comes first, as in a build. */
static bool lock_old_file(struct bdb *b, struct error *why)
{
    do {
        if (b->old_fd >= 0)
            close(b->old_fd);
        b->old_fd = open(b->path, O_RDWR | O_CLOEXEC);
        if (b->old_fd < 0 ||
            !lock_file(b->old_fd, LOCK_STYLE_FLOCK, LOCK_KIND_SHARED,
                       DEADLINE_NEVER))
            return error_set(why, "open database %s: %s", b->path,
                             strerror(errno));
    } while (!file_has_name(b->old_fd, b->path, 0));
    return true;
}

bool bdb_copy_to_new_file(struct bdb *b, const struct stat *old,
                          struct error *why)
{
    off_t from = 0;
    ssize_t done = 1;

    if (!bdb_make_new_file(b, old, why))
        return false;
    bool good = lock_old_file(b, why);
    if (good && ftruncate(b->fd, 0) == 0)
        while (done > 0)
            done = sendfile(b->fd, b->old_fd, &from, COPY_BYTES);
    if (good && done == 0)
        return true;
    if (good)
        error_set(why, "error writing %s: %s", b->path, strerror(errno));
    bdb_drop_new_file(b);
    return false;
}

/* Write the new file over the old one: what is mounted cannot be replaced. */
static bool copy_over(struct bdb *b, int old)
{
    off_t from = 0;
    ssize_t done = 1;

    if (old < 0 || ftruncate(old, 0) != 0)
        return false;
    while (done > 0)
        done = sendfile(old, b->fd, &from, COPY_BYTES);
    return done == 0 && fsync(old) == 0 && unlink(b->new_path) == 0;
}

bool bdb_publish(struct bdb *b, struct error *why)
{
    if (b->new_path == NULL)
        return true;
    char *target =
        mem_strndup(b->new_path, strlen(b->new_path) - strlen(".tmp"));
    int old = b->old_fd >= 0 ? b->old_fd : open(target, O_RDWR | O_CLOEXEC);

    if (old >= 0)
        lock_file(old, LOCK_STYLE_FLOCK, LOCK_KIND_EXCLUSIVE, DEADLINE_NEVER);
    bool good = rename(b->new_path, target) == 0 ||
                (errno == EBUSY && copy_over(b, old)) ||
                error_set(why, "rename %s to %s: %s", b->new_path, target,
                          strerror(errno));
    good = good && file_sync_folder(target, why);
    if (old >= 0)
        close(old);
    b->old_fd = -1;
    free(target);
    if (good) {
        free(b->new_path);
        b->new_path = NULL;
    }
    return good;
}
