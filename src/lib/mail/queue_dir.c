/* SPDX-License-Identifier: ISC
 *
 * queue_dir.c - where a message file is, and how it gets there.
 */
#include "mail/queue_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/list.h"
#include "base/text.h"

enum { CREATE_ATTEMPTS = 1000, FOLDER_MODE = 0700 };

static struct queue_dir_options set = { "deferred, defer", 1, false };

void queue_dir_set_up(const struct queue_dir_options *options)
{
    set = *options;
}

const char *queue_dir_path(struct str *out, const char *queue, const char *id)
{
    char key[QUEUE_ID_SIZE];

    str_set(out, queue);
    str_add_char(out, '/');
    if (text_lists_word_nocase(set.hash_names, queue)) {
        queue_id_hash_key(id, key);
        size_t length = strlen(key);
        for (int i = 0; i < set.hash_depth; i++) {
            str_add_char(out, (size_t)i < length ? key[i] : '_');
            str_add_char(out, '/');
        }
    }
    str_add(out, id);
    return out->data;
}

/* Make what is missing between "deferred/" and the last part of <path>. */
static bool make_hash_folders(char *path)
{
    char *slash = strchr(path, '/');

    while (slash != NULL && (slash = strchr(slash + 1, '/')) != NULL) {
        *slash = 0;
        bool made = file_make_folder(path, FOLDER_MODE) || errno == EEXIST;
        *slash = '/';
        if (!made)
            return false;
    }
    return true;
}

static int rename_once(const char *from, const char *to, bool replace)
{
#ifdef SYS_renameat2
    enum { NOREPLACE = 1 };
    if (!replace) {
        if (syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to,
                    NOREPLACE) == 0)
            return 0;
        if (errno != ENOSYS && errno != EINVAL)
            return -1;
    }
#endif
    if (!replace && access(to, F_OK) == 0) {
        errno = EEXIST;
        return -1;
    }
    return rename(from, to);
}

static bool rename_into(const char *from, struct str *to, bool replace)
{
    if (rename_once(from, to->data, replace) == 0)
        return true;
    if (errno != ENOENT || !make_hash_folders(to->data))
        return false;
    return rename_once(from, to->data, replace) == 0;
}

/* Not synced. The content is, since the message was acknowledged, and ext4, XFS
 * and btrfs take or leave a rename as a whole: of the two names a power cut
 * leaves one, and qmgr finds the file by either when it starts. */
bool queue_dir_move(const char *id, const char *from, const char *to)
{
    struct str source = STR_EMPTY, target = STR_EMPTY;

    queue_dir_path(&source, from, id);
    queue_dir_path(&target, to, id);
    bool moved = rename_into(source.data, &target, true);
    int saved = errno;
    str_fini(&source);
    str_fini(&target);
    errno = saved;
    return moved;
}

bool queue_dir_remove(const char *queue, const char *id)
{
    struct str path = STR_EMPTY;

    bool removed = unlink(queue_dir_path(&path, queue, id)) == 0;
    int saved = errno;
    str_fini(&path);
    errno = saved;
    return removed;
}

/* O_NOATIME is for the owner of a file, which delivery agents need not be. */
int queue_dir_open_path(const char *path, int flags)
{
    static atomic_bool refused;

    flags |= O_CLOEXEC | O_NOFOLLOW;
    if ((flags & O_CREAT) != 0 || atomic_load(&refused))
        return open(path, flags, 0600);
    int fd = open(path, flags | O_NOATIME);
    if (fd >= 0 || errno != EPERM)
        return fd;
    atomic_store(&refused, true);
    return open(path, flags);
}

int queue_dir_open(const char *queue, const char *id, int flags)
{
    struct str path = STR_EMPTY;

    queue_dir_path(&path, queue, id);
    int fd = queue_dir_open_path(path.data, flags);
    if (fd < 0 && errno == ENOENT && (flags & O_CREAT) != 0 &&
        make_hash_folders(path.data))
        fd = queue_dir_open_path(path.data, flags);
    int saved = errno;
    str_fini(&path);
    errno = saved;
    return fd;
}

/* A file under a name that scanners ignore, as it has a '.'. */
static int create_temporary(const char *queue, mode_t mode, struct str *path)
{
    for (int i = 0; i < CREATE_ATTEMPTS; i++) {
        struct timeval now = clock_wall();
        str_setf(path, "%s/%ld.%ld", queue, (long)now.tv_usec + i,
                 (long)getpid());
        int fd = open(path->data,
                      O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
                      mode);
        if (fd >= 0 || errno != EEXIST)
            return fd;
    }
    return -1;
}

/* Give the file its name; the inode is part of it. A name that is taken can
 * only be that of a file from another file system: try another time. */
static bool name_file(int fd, const char *queue, struct str *temporary,
                      char id[QUEUE_ID_SIZE], struct timeval *created)
{
    struct str path = STR_EMPTY;
    struct stat st;

    bool named = false;
    if (fstat(fd, &st) == 0) {
        for (int i = 0; !named && i < CREATE_ATTEMPTS; i++) {
            *created = clock_wall();
            queue_id_format(id, set.long_ids, *created, st.st_ino);
            queue_dir_path(&path, queue, id);
            named = rename_into(temporary->data, &path, false);
            if (!named && errno != EEXIST)
                break;
        }
    }
    int saved = errno;
    str_fini(&path);
    errno = saved;
    return named;
}

int queue_dir_create(const char *queue, mode_t mode, char id[QUEUE_ID_SIZE],
                     struct timeval *created)
{
    struct str temporary = STR_EMPTY;

    int fd = create_temporary(queue, mode, &temporary);
    if (fd >= 0 && !name_file(fd, queue, &temporary, id, created)) {
        int saved = errno;
        unlink(temporary.data);
        close(fd);
        errno = saved;
        fd = -1;
    }
    int saved = errno;
    str_fini(&temporary);
    errno = saved;
    return fd;
}

enum queue_file_state queue_dir_state(const struct stat *st)
{
    if (!S_ISREG(st->st_mode))
        return QUEUE_FILE_BAD;
    switch (st->st_mode & S_IRWXU) {
    case S_IRWXU: return QUEUE_FILE_READY;
    case S_IRUSR: return QUEUE_FILE_BAD; /* a delivery agent gave it up */
    default: return QUEUE_FILE_UNFINISHED;
    }
}
