/* SPDX-License-Identifier: ISC
 *
 * maildir.c - a message as a file of its own in a maildir folder.
 *
 * It gets its name in new when it is complete and on disk; a reader never sees
 * half a message, nor does one who comes after a power cut. The directory entry
 * is made durable too, before the delivery counts as done.
 *
 * Until then the file has no name at all, if fsync of the file is enough to
 * make a name durable: that spares the file system two changes of tmp.
 * Elsewhere it has a name in tmp.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "mailbox_failure.h"

enum { FOLDER_MODE = 0700, FILE_MODE = 0600, NAME_ATTEMPTS = 10 };

struct maildir {
    const char *folder;
    const char *host;
    struct arena *arena;
    struct dsn *dsn;
    char *temporary; /* in tmp; NULL: the file has no name yet */
    char *final;
};

static bool trouble(struct maildir *dir, const char *what, const char *path)
{
    int number = errno;

    return mailbox_failed(dir->arena, dir->dsn,
                          number == EACCES ? "4.2.0"
                                           : mailbox_errno_status(number),
                          arena_printf(dir->arena, "%s %s: %s", what, path,
                                       strerror(number)));
}

static bool make_folders(struct maildir *dir)
{
    static const char *const parts[] = { "tmp", "new", "cur" };
    struct error why = ERROR_NONE;

    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        char *path = arena_printf(dir->arena, "%s/%s", dir->folder, parts[i]);
        if (!file_make_folders(path, FOLDER_MODE, &why))
            return mailbox_failed(dir->arena, dir->dsn, "4.2.0", why.text);
    }
    return true;
}

/* The name of a file without one, for those who have it open. */
static void name_descriptor(int fd, char *out, size_t size)
{
    snprintf(out, size, "/proc/self/fd/%d", fd);
}

/* A file that can be linked into new, and of a maildir that has tmp, as readers
 * of maildirs expect. */
static int create_unnamed(struct maildir *dir)
{
    static bool has_proc;
    char name[32];
    int fd = open(arena_printf(dir->arena, "%s/tmp", dir->folder),
                  O_WRONLY | O_TMPFILE | O_CLOEXEC, FILE_MODE);

    if (fd < 0)
        return -1;
    if (!has_proc) {
        name_descriptor(fd, name, sizeof name);
        has_proc = access(name, F_OK) == 0;
    }
    if (has_proc && file_sync_carries_name(fd))
        return fd;
    close(fd);
    return -1;
}

/* "tmp/SECONDS.Pn.host": known only to us; the final name needs the inode. */
static int create(struct maildir *dir)
{
    static unsigned count;
    int fd = -1;

    for (int i = 0; fd < 0 && i < NAME_ATTEMPTS; i++) {
        struct timeval now = clock_wall();
        dir->temporary = arena_printf(
            dir->arena, "%s/tmp/%lu.P%ld_%u.%s", dir->folder,
            (unsigned long)now.tv_sec, (long)getpid(), count++, dir->host);
        fd = open(dir->temporary,
                  O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                  FILE_MODE);
        if (fd < 0 && errno != EEXIST)
            break;
    }
    return fd;
}

static int create_with_folders(struct maildir *dir)
{
    int fd = create_unnamed(dir);

    if (fd < 0)
        fd = create(dir);
    if (fd >= 0)
        return fd;
    if (errno != ENOENT) {
        trouble(dir, "create maildir file", dir->temporary);
        return -1;
    }
    if (!make_folders(dir))
        return -1;
    fd = create(dir);
    if (fd < 0)
        trouble(dir, "create maildir file", dir->temporary);
    return fd;
}

/* "new/SECONDS.VdeviceIinodeMmicroseconds.host". */
static bool name_file(struct maildir *dir, int fd)
{
    struct timeval now = clock_wall();
    struct stat st;

    if (fstat(fd, &st) != 0)
        return trouble(dir, "look at a new file in", dir->folder);
    dir->final = arena_printf(
        dir->arena, "%s/new/%lu.V%lxI%lxM%lu.%s", dir->folder,
        (unsigned long)now.tv_sec, (unsigned long)st.st_dev,
        (unsigned long)st.st_ino, (unsigned long)now.tv_usec, dir->host);
    return true;
}

static bool sync_file(struct stream *out, int fd,
                      const struct copy_options *copy, int *number)
{
    if (!stream_flush(out)) {
        *number = stream_errno(out);
        return false;
    }
    if (copy->written != NULL)
        copy->written(copy->context);
    bool synced = file_sync_before_name(fd);
    *number = errno;
    return synced;
}

static bool write_file(struct maildir *dir, struct stream *out, int fd,
                       struct message_reader *message,
                       const struct copy_options *copy, long size_limit)
{
    enum copy_result result = message_copy(message, out, copy);
    int number = stream_errno(out);

    if (result == COPY_OK && size_limit > 0 && stream_tell(out) > size_limit) {
        result = COPY_WRITE_FAILED;
        number = EFBIG;
    } else if (result == COPY_OK && !sync_file(out, fd, copy, &number)) {
        result = COPY_WRITE_FAILED;
    }
    return result == COPY_OK || mailbox_copy_failed(dir->arena, dir->dsn,
                                                    message, result, number);
}

/* Never over another file. Some file systems know only one of the first two
 * ways, or none. */
static bool move(const char *from, const char *to)
{
    if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0)
        return true;
    if (errno != EINVAL && errno != ENOSYS)
        return false;
    if (link(from, to) == 0) {
        unlink(from); /* readers of maildirs remove what stays in tmp */
        return true;
    }
    return (errno == EPERM || errno == ENOTSUP) && rename(from, to) == 0;
}

static bool give_name(struct maildir *dir, int fd)
{
    char name[32];

    if (dir->temporary != NULL)
        return move(dir->temporary, dir->final);
    name_descriptor(fd, name, sizeof name);
    return linkat(AT_FDCWD, name, AT_FDCWD, dir->final, AT_SYMLINK_FOLLOW) == 0;
}

/* A file without a name is only made where its fsync carries the name. */
static bool sync_name(struct maildir *dir, int fd, struct error *why)
{
    if (dir->temporary != NULL)
        return file_sync_folder(dir->final, why);
    return fsync(fd) == 0 || error_set(why, "sync %s: %s", dir->final,
                                       strerror(errno));
}

/* There may be tmp without new. */
static bool give_name_with_folders(struct maildir *dir, int fd)
{
    if (give_name(dir, fd))
        return true;
    if (errno == ENOENT) {
        if (!make_folders(dir))
            return false;
        if (give_name(dir, fd))
            return true;
    }
    return trouble(dir, "link maildir file", dir->final);
}

static bool move_to_new(struct maildir *dir, int fd)
{
    struct error why = ERROR_NONE;

    if (!give_name_with_folders(dir, fd))
        return false;
    if (sync_name(dir, fd, &why))
        return true;
    unlink(dir->final); /* it will be delivered again */
    return mailbox_failed(dir->arena, dir->dsn, "4.3.0", why.text);
}

bool maildir_deliver(const char *folder, struct message_reader *message,
                     const struct copy_options *copy, long size_limit,
                     const char *host_name, struct arena *arena,
                     struct dsn *dsn)
{
    struct maildir dir = { .folder = folder,
                           .host = host_name,
                           .arena = arena,
                           .dsn = dsn };

    int fd = create_with_folders(&dir);
    if (fd < 0)
        return false;
    struct stream *out = stream_open_file(fd);
    bool done = name_file(&dir, fd) &&
                write_file(&dir, out, fd, message, copy, size_limit) &&
                move_to_new(&dir, fd);
    stream_abandon(out);
    if (!done && dir.temporary != NULL)
        unlink(dir.temporary);
    return done;
}
