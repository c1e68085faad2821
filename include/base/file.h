/* SPDX-License-Identifier: ISC
 *
 * file.h - files, whole and safely.
 */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "base/error.h"
#include "base/str.h"

/* Functions that take a <why> leave errno as well. */

/* Read all of <path> into <out>; a file of over <max> bytes is refused
 * (EFBIG). */
bool file_read(const char *path, size_t max, struct str *out,
               struct error *why);
/* Replace <path> by <data> atomically: temporary file <path>.tmp, owner and
 * mode of the old file (or <mode>), fsync, rename, fsync of the folder. Who is
 * killed meanwhile leaves that file, and the next one removes it: the caller
 * has a lock, or is the only one. A symbolic link stays; the file it leads to
 * is replaced. */
bool file_replace(const char *path, mode_t mode, const void *data,
                  size_t length, struct error *why);
/* All bytes, through EINTR and short writes. */
bool file_write_all(int fd, const void *data, size_t length);
/* Does fsync of a new file also make its name durable? Elsewhere the folder has
 * to be synced, too. */
bool file_sync_carries_name(int fd);
/* Before a new file gets its name, by rename or link, and is synced then:
 * whoever finds that name after a power cut will find the data, too. */
bool file_sync_before_name(int fd);
/* Find out now what those two have to know of the file system of <folder>, for
 * a process that goes into a jail where it cannot be asked. */
void file_learn_order(const char *folder);
/* Make the directory entry durable, of a file or a folder. */
bool file_sync_folder(const char *path_of_a_file_in_it, struct error *why);
/* Open without following a link in the last part, and only a regular file
 * with one link; fills <st> (may be NULL). O_TRUNC takes effect after these
 * checks. A file that this call creates is given to <owner> and <group> (-1:
 * left alone). The descriptor is close-on-exec. Returns -1 and <why>; errno
 * is EPERM for a file of the wrong kind. */
int file_open_plain(const char *path, int flags, mode_t mode, uid_t owner,
                    gid_t group, struct stat *st, struct error *why);
/* mkdir of one folder, whose name is durable then, or will be with the first
 * fsync of a file in it where that carries names. False: errno, EEXIST too. */
bool file_make_folder(const char *path, mode_t mode);
/* mkdir -p, likewise; the umask applies. */
bool file_make_folders(const char *path, mode_t mode, struct error *why);
/* Has <fd> the name <path>? While one waits for its lock, another file may
 * have taken its place. <flags>: 0, or AT_SYMLINK_NOFOLLOW. */
bool file_has_name(int fd, const char *path, int flags);
bool file_set_nonblocking(int fd, bool on);

#endif
