/* SPDX-License-Identifier: ISC
 *
 * file_order.c - the data of a new file before its name.
 *
 * What a file has before it gets a name costs a commit of the file system, and
 * the name another one. ext4 with a journal and XFS need one: they commit
 * changes of inodes and folders in the order in which they were made. When the
 * data are on the device, size and extents of the file are part of a
 * transaction that is not younger than that of the name; and a commit flushes
 * the cache of the device before it counts. ext4 without a journal writes
 * inode and folder when it likes. btrfs logs file by file.
 */
#include <ctype.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/file.h"

/* "<none>", or the process that writes the journal. */
static bool has_journal_task(const char *name)
{
    char path[PATH_MAX + sizeof "/sys/fs/ext4//journal_task"];
    char task;

    snprintf(path, sizeof path, "/sys/fs/ext4/%s/journal_task", name);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    bool has = read(fd, &task, 1) == 1 && isdigit((unsigned char)task);
    close(fd);
    return has;
}

/* False also if it cannot be told: without /sys, say. */
static bool find_journal(dev_t device)
{
    char link[64], target[PATH_MAX];

    snprintf(link, sizeof link, "/sys/dev/block/%u:%u", major(device),
             minor(device));
    ssize_t length = readlink(link, target, sizeof target - 1);
    if (length <= 0)
        return false;
    target[length] = '\0';
    const char *slash = strrchr(target, '/');
    return has_journal_task(slash != NULL ? slash + 1 : target);
}

/* A file system that is mounted does not get or lose its journal. */
static bool has_journal(int fd)
{
    static bool known, has;
    static dev_t device;
    struct stat st;

    if (fstat(fd, &st) != 0)
        return false;
    if (!known || st.st_dev != device)
        has = find_journal(st.st_dev);
    known = true;
    device = st.st_dev;
    return has;
}

static bool names_follow_data(int fd)
{
    struct statfs fs;

    if (fstatfs(fd, &fs) != 0)
        return false;
    switch ((long)fs.f_type) {
    case XFS_SUPER_MAGIC: return true;
    case EXT4_SUPER_MAGIC: return has_journal(fd);
    default: return false;
    }
}

bool file_sync_before_name(int fd)
{
    if (!names_follow_data(fd))
        return fsync(fd) == 0;
    return sync_file_range(fd, 0, 0,
                           SYNC_FILE_RANGE_WAIT_BEFORE |
                               SYNC_FILE_RANGE_WRITE |
                               SYNC_FILE_RANGE_WAIT_AFTER) == 0;
}
