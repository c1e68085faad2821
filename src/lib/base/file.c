/* SPDX-License-Identifier: ISC
 *
 * file.c - files, whole and safely.
 */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { READ_STEP = 16 * 1024 };

/* As error_set, with the name and the reason from errno, which is kept. */
static bool fail(struct error *why, const char *action, const char *path)
{
    int number = errno;
    error_set(why, "%s %s: %s", action, path, strerror(number));
    errno = number;
    return false;
}

static bool read_descriptor(int fd, const char *path, size_t max,
                            struct str *out, struct error *why)
{
    for (;;) {
        size_t left = max - out->length;
        /* One byte past the limit tells a longer file from one that fits. */
        size_t step = left < READ_STEP ? left + 1 : READ_STEP;
        str_reserve(out, step);
        ssize_t got = read(fd, out->data + out->length, step);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return fail(why, "read", path);
        if (got == 0) {
            out->data[out->length] = '\0';
            return true;
        }
        if ((size_t)got > left) {
            errno = EFBIG;
            return fail(why, "read", path);
        }
        out->length += (size_t)got;
    }
}

bool file_read(const char *path, size_t max, struct str *out,
               struct error *why)
{
    str_clear(out);
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return fail(why, "open", path);
    bool done = read_descriptor(fd, path, max, out, why);
    int number = errno;
    close(fd);
    if (!done)
        str_clear(out);
    errno = number;
    return done;
}

bool file_write_all(int fd, const void *data, size_t length)
{
    const char *bytes = data;
    while (length > 0) {
        ssize_t done = write(fd, bytes, length);
        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0)
            return false;
        bytes += done;
        length -= (size_t)done;
    }
    return true;
}

/* -1: errno. A folder that one may write to need not be one to read: then all
 * of its file system is synced. */
static int sync_around(const char *folder, const char *path)
{
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool whole = fd < 0 && errno == EACCES;

    if (whole)
        fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return -1;
    int result = whole ? syncfs(fd) : fsync(fd);
    int number = errno;
    close(fd);
    errno = number;
    return result;
}

bool file_sync_folder(const char *path_of_a_file_in_it, struct error *why)
{
    struct str folder = STR_EMPTY;
    const char *slash = strrchr(path_of_a_file_in_it, '/');
    if (slash == NULL)
        str_set(&folder, ".");
    else /* "/file" is in "/" */
        str_set_bytes(&folder, path_of_a_file_in_it,
                      slash == path_of_a_file_in_it
                          ? 1
                          : (size_t)(slash - path_of_a_file_in_it));

    bool done = sync_around(folder.data, path_of_a_file_in_it) == 0 ||
                fail(why, "sync", folder.data);
    int number = errno;
    str_fini(&folder);
    errno = number;
    return done;
}

/* Give the new file what the old one had, or <mode> if there was none. */
static bool inherit_owner(int fd, const struct stat *old, mode_t mode)
{
    struct stat made;
    if (old == NULL)
        return fchmod(fd, mode) == 0;
    if (fstat(fd, &made) < 0)
        return false;
    if ((made.st_uid != old->st_uid || made.st_gid != old->st_gid) &&
        fchown(fd, old->st_uid, old->st_gid) < 0)
        return false;
    return fchmod(fd, old->st_mode & 07777) == 0;
}

static bool replace_resolved(const char *path, const struct stat *old,
                             mode_t mode, const void *data, size_t length,
                             struct error *why)
{
    struct str name = STR_EMPTY;
    str_setf(&name, "%s.tmp", path);
    /* Who was killed here before, left one. */
    unlink(name.data);
    int fd = open(name.data, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) {
        fail(why, "create", name.data);
        str_fini(&name);
        return false;
    }
    bool written = inherit_owner(fd, old, mode) &&
                   file_write_all(fd, data, length) && fsync(fd) == 0;
    int number = errno;
    if (close(fd) < 0 && written) {
        written = false;
        number = errno;
    }
    errno = number;
    if (!written)
        fail(why, "write", name.data);
    else if (rename(name.data, path) < 0)
        written = fail(why, "rename", name.data);
    if (!written)
        unlink(name.data);
    str_fini(&name);
    return written && file_sync_folder(path, why);
}

/* A symbolic link is followed, so that it stays one. */
bool file_replace(const char *path, mode_t mode, const void *data,
                  size_t length, struct error *why)
{
    struct stat old;
    if (stat(path, &old) < 0) {
        if (errno != ENOENT)
            return fail(why, "stat", path);
        return replace_resolved(path, NULL, mode, data, length, why);
    }
    if (!S_ISREG(old.st_mode))
        return error_set(why, "replace %s: not a regular file", path);
    char *resolved = realpath(path, NULL);
    if (resolved == NULL)
        return fail(why, "resolve", path);
    bool done = replace_resolved(resolved, &old, mode, data, length, why);
    free(resolved);
    return done;
}

/* Open a file that exists, or create one; never the one when the other was
 * found. Another process may come between: then we look again. */
static int open_or_create(const char *path, int flags, mode_t mode,
                          bool *created)
{
    const int always = O_NOFOLLOW | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
    const bool must_create = (flags & O_EXCL) != 0;
    const int base = (flags & ~(O_CREAT | O_EXCL | O_TRUNC)) | always;

    for (int tries = 0; tries < 100; tries++) {
        *created = false;
        if (!must_create) {
            int fd = open(path, base);
            if (fd >= 0 || errno != ENOENT || (flags & O_CREAT) == 0)
                return fd;
        }
        int fd = open(path, base | O_CREAT | O_EXCL, mode);
        *created = fd >= 0;
        if (fd >= 0 || errno != EEXIST || must_create)
            return fd;
    }
    return -1;
}

/* A second name could be anywhere, under someone else's rules; a device or a
 * FIFO is not a file. */
static const char *fault_of(const struct stat *st)
{
    if (!S_ISREG(st->st_mode))
        return "not a regular file";
    if (st->st_nlink != 1)
        return "file has wrong number of links";
    return NULL;
}

int file_open_plain(const char *path, int flags, mode_t mode, uid_t owner,
                    gid_t group, struct stat *st, struct error *why)
{
    struct stat own;
    bool created;
    if (st == NULL)
        st = &own;
    int fd = open_or_create(path, flags, mode, &created);
    if (fd < 0) {
        fail(why, "open", path);
        return -1;
    }
    bool done = !created || (owner == (uid_t)-1 && group == (gid_t)-1) ||
                fchown(fd, owner, group) == 0;
    done = done && fstat(fd, st) == 0;
    const char *fault = done ? fault_of(st) : NULL;
    if (done && fault == NULL && !created && (flags & O_TRUNC) != 0)
        done = ftruncate(fd, 0) == 0 && fstat(fd, st) == 0;
    if (done && fault == NULL && (flags & O_NONBLOCK) == 0)
        done = file_set_nonblocking(fd, false);
    if (done && fault == NULL)
        return fd;

    int number = fault != NULL ? EPERM : errno;
    close(fd);
    errno = number;
    if (fault != NULL)
        error_set(why, "open %s: %s", path, fault);
    else
        fail(why, "open", path);
    return -1;
}

static bool sync_new_folder(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd < 0)
        return false;
    bool carried = file_sync_carries_name(fd);
    close(fd);
    return carried || file_sync_folder(path, NULL);
}

bool file_make_folder(const char *path, mode_t mode)
{
    if (mkdir(path, mode) != 0)
        return false;
    if (sync_new_folder(path))
        return true;
    int number = errno;
    rmdir(path); /* it would be taken for safe the next time */
    errno = number;
    return false;
}

static bool make_folder(const char *path, mode_t mode)
{
    struct stat st;
    if (file_make_folder(path, mode))
        return true;
    int number = errno;
    if (stat(path, &st) == 0) {
        errno = ENOTDIR;
        return S_ISDIR(st.st_mode);
    }
    errno = number;
    return false;
}

bool file_make_folders(const char *path, mode_t mode, struct error *why)
{
    char *copy = mem_strdup(path);
    bool done = true;

    for (char *p = copy; done && *p != '\0';) {
        p += strspn(p, "/");
        p += strcspn(p, "/");
        char was = *p;
        *p = '\0';
        done = make_folder(copy, mode) || fail(why, "mkdir", copy);
        *p = was;
    }
    int number = errno;
    free(copy);
    errno = number;
    return done;
}

bool file_has_name(int fd, const char *path, int flags)
{
    struct stat mine, named;

    return fstat(fd, &mine) == 0 &&
           fstatat(AT_FDCWD, path, &named, flags) == 0 &&
           mine.st_ino == named.st_ino && mine.st_dev == named.st_dev;
}

bool file_set_nonblocking(int fd, bool on)
{
    int flags = fcntl(fd, F_GETFL);
    if (flags < 0)
        return false;
    int wanted = on ? flags | O_NONBLOCK : flags & ~O_NONBLOCK;
    return wanted == flags || fcntl(fd, F_SETFL, wanted) == 0;
}
