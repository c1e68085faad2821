/* SPDX-License-Identifier: ISC
 *
 * file_order.c - the data of a new file, and its name: which is durable when.
 *
 * ext4, XFS and btrfs commit the creation and the rename of a file together with
 * its inode: they are older parts of the same journal, or are logged with it;
 * ext4 without a journal writes the folder of a new name with fsync of the
 * file. Elsewhere - ext2, overlayfs, NFS, tmpfs, ZFS, F2FS and whatever is
 * unknown here - the folder has to be synced as well.
 *
 * What a file has before it gets a name costs a commit of the file system, and
 * the name another one. ext4 with a journal and XFS need one: they commit
 * changes of inodes and folders in the order in which they were made. When the
 * data are on the device, size and extents of the file are part of a
 * transaction that is not younger than that of the name; and a commit flushes
 * the cache of the device before it counts. ext4 without a journal writes
 * inode and folder when it likes. btrfs logs file by file.
 *
 * ext2 has the same number as ext4, in a driver of its own or in that of ext4.
 * Only /sys tells which, and a daemon in a jail does not see that.
 */
#include <ctype.h>
#include <errno.h>
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

enum driver { OTHER_DRIVER, EXT4_WITHOUT_JOURNAL, EXT4_WITH_JOURNAL };

/* "<none>", or the process that writes the journal. */
static bool has_journal_task(const char *folder)
{
    char path[PATH_MAX + sizeof "/journal_task"];
    char task;

    snprintf(path, sizeof path, "%s/journal_task", folder);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    bool has = read(fd, &task, 1) == 1 && isdigit((unsigned char)task);
    close(fd);
    return has;
}

/* OTHER_DRIVER also if it cannot be told: without /sys, say. */
static enum driver find_driver(dev_t device)
{
    char link[64], target[PATH_MAX - 32], folder[PATH_MAX];

    snprintf(link, sizeof link, "/sys/dev/block/%u:%u", major(device),
             minor(device));
    ssize_t length = readlink(link, target, sizeof target - 1);
    if (length <= 0)
        return OTHER_DRIVER;
    target[length] = '\0';
    const char *slash = strrchr(target, '/');
    snprintf(folder, sizeof folder, "/sys/fs/ext4/%s",
             slash != NULL ? slash + 1 : target);
    if (access(folder, F_OK) != 0)
        return OTHER_DRIVER;
    return has_journal_task(folder) ? EXT4_WITH_JOURNAL : EXT4_WITHOUT_JOURNAL;
}

/* Of the device of the last file. One that is mounted does not get or lose its
 * journal. */
static enum driver driver_of_device(dev_t device)
{
    static enum driver driver;
    static bool known;
    static dev_t last;

    if (!known || device != last)
        driver = find_driver(device);
    known = true;
    last = device;
    return driver;
}

static enum driver driver_of(int fd)
{
    struct stat st;

    return fstat(fd, &st) == 0 ? driver_of_device(st.st_dev) : OTHER_DRIVER;
}

void file_learn_order(const char *folder)
{
    struct stat st;

    if (stat(folder, &st) == 0)
        (void)driver_of_device(st.st_dev);
}

/* 0 if it cannot be told. */
static long type_of_system(int fd)
{
    struct statfs fs;

    return fstatfs(fd, &fs) == 0 ? (long)fs.f_type : 0;
}

bool file_sync_carries_name(int fd)
{
    switch (type_of_system(fd)) {
    case XFS_SUPER_MAGIC:
    case BTRFS_SUPER_MAGIC: return true;
    case EXT4_SUPER_MAGIC: return driver_of(fd) != OTHER_DRIVER;
    default: return false;
    }
}

static bool names_follow_data(int fd)
{
    switch (type_of_system(fd)) {
    case XFS_SUPER_MAGIC: return true;
    case EXT4_SUPER_MAGIC: return driver_of(fd) == EXT4_WITH_JOURNAL;
    default: return false;
    }
}

bool file_sync_before_name(int fd)
{
    const unsigned flags = SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE |
                           SYNC_FILE_RANGE_WAIT_AFTER;

    if (names_follow_data(fd)) {
        if (sync_file_range(fd, 0, 0, flags) == 0)
            return true;
        if (errno != ENOSYS) /* as the filter of a container may say */
            return false;
    }
    return fsync(fd) == 0;
}
