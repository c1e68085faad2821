/* SPDX-License-Identifier: ISC
 *
 * destroy.c - take away an instance and what it had, but never mail, nor a
 * file that the mail system has not made.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fatal.h"
#include "base/lock.h"
#include "base/log.h"
#include "base/str.h"
#include "base/text.h"
#include "postmulti.h"

/* The queue's folders are mail_owner's, whose processes may be about, and this
 * is root: below the folders that main.cf names, no link is followed, and each
 * name is seen from the open folder that it is in. */
typedef bool visitor(int folder, const char *name);

/* Walk the folder <path>: <entry> for each name in it. False: one returned
 * false, or the folder cannot be read. */
static bool each_entry(int at, const char *path, visitor *entry)
{
    int fd = openat(at, path,
                    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *entries = fd >= 0 ? fdopendir(fd) : NULL;
    const struct dirent *found;
    bool ok = true;

    if (entries == NULL) {
        if (fd >= 0)
            close(fd);
        return false;
    }
    while (ok && (found = readdir(entries)) != NULL)
        if (strcmp(found->d_name, ".") != 0 &&
            strcmp(found->d_name, "..") != 0)
            ok = entry(fd, found->d_name);
    closedir(entries);
    return ok;
}

/* The same for a folder of main.cf's, which may be a link. */
static void each_entry_of_place(const char *place, visitor *entry)
{
    char *path = mem_printf("%s/.", place);

    each_entry(AT_FDCWD, path, entry);
    free(path);
}

static bool is_folder(int at, const char *path)
{
    struct stat st;

    return fstatat(at, path, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
           S_ISDIR(st.st_mode);
}

/* ---- mail -------------------------------------------------------------- */

static bool has_no_file(int folder, const char *name)
{
    return is_folder(folder, name) && each_entry(folder, name, has_no_file);
}

static void must_have_no_mail(const struct instance *instance)
{
    static const char *const queues[] = { "maildrop", "incoming", "active",
                                          "deferred", "hold",     "corrupt",
                                          "saved" };

    for (size_t i = 0; i < sizeof queues / sizeof *queues; i++) {
        char *path =
            mem_printf("%s/%s", instance->queue_directory, queues[i]);
        if (is_folder(AT_FDCWD, path) &&
            !each_entry(AT_FDCWD, path, has_no_file))
            fatal("Instance %s has mail in %s",
                  *instance->name != '\0' ? instance->name
                                          : instance->config_directory,
                  path);
        free(path);
    }
}

/* Where master's lock would be created; so that there is one to hold. */
static void make_pid_folder(const struct instance *instance)
{
    char *folder = mem_printf("%s/pid", instance->queue_directory);

    if (is_folder(AT_FDCWD, instance->queue_directory))
        (void)mkdir(folder, 0755);
    free(folder);
}

/* By the lock of its master, whatever its main.cf is like now. It is held as
 * long as this process lives: from now on no master can start. What an earlier
 * one left there is no process ID of anybody who has the lock. */
static void must_be_stopped(const struct instance *instance)
{
    const char *name = *instance->name != '\0' ? instance->name
                                               : instance->config_directory;
    char *path = mem_printf("%s/pid/master.pid", instance->queue_directory);

    make_pid_folder(instance);
    int fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0 && errno != ENOENT)
        fatal("Cannot tell whether the %s instance is running: open %s: %m",
              name, path);
    if (fd >= 0 && !lock_file(fd, LOCK_STYLE_FLOCK, LOCK_KIND_EXCLUSIVE, 0)) {
        if (errno == EAGAIN)
            fatal("The %s instance is running", name);
        fatal("Cannot tell whether the %s instance is running: lock %s: %m",
              name, path);
    }
    if (fd >= 0 && ftruncate(fd, 0) != 0)
        fatal("%s: %m", path);
    free(path);
}

/* ---- files ------------------------------------------------------------- */

/* Files that daemons make and may lose. */
static bool remove_runtime_file(int folder, const char *name)
{
    bool has_entries = is_folder(folder, name);

    if (has_entries)
        each_entry(folder, name, remove_runtime_file);
    if (unlinkat(folder, name, has_entries ? AT_REMOVEDIR : 0) != 0)
        log_warning("remove %s: %m", name);
    return true;
}

/* One of main.cf's may be a link, which goes with it. */
static void remove_folder(const char *path)
{
    char *target = realpath(path, NULL);

    if (target != NULL && rmdir(target) != 0)
        log_warning("%s is not removed: %m", target);
    else
        unlink(path);
    free(target);
}

static bool remove_empty(int folder, const char *name)
{
    if (is_folder(folder, name)) {
        each_entry(folder, name, remove_empty);
        unlinkat(folder, name, AT_REMOVEDIR);
    }
    return true;
}

static void remove_queue(const struct instance *instance)
{
    static const char *const runtime[] = { "private", "public", "pid",
                                           "bounce",  "defer",  "trace",
                                           "flush",   "tlstrace" };

    for (size_t i = 0; i < sizeof runtime / sizeof *runtime; i++) {
        char *path =
            mem_printf("%s/%s", instance->queue_directory, runtime[i]);
        each_entry(AT_FDCWD, path, remove_runtime_file);
        remove_folder(path);
        free(path);
    }
    each_entry_of_place(instance->queue_directory, remove_empty);
    remove_folder(instance->queue_directory);
}

/* Caches, and what master and tlsmgr keep there. */
static bool is_data_file(const char *name)
{
    static const char *const caches[] = { ".db", ".lmdb", ".lmdb-lock",
                                          ".cdb" };

    for (size_t i = 0; i < sizeof caches / sizeof *caches; i++)
        if (text_has_suffix_nocase(name, caches[i]))
            return true;
    return strcmp(name, "master.lock") == 0 || strcmp(name, "prng_exch") == 0;
}

static bool remove_data_file(int folder, const char *name)
{
    if (is_data_file(name))
        unlinkat(folder, name, 0);
    return true;
}

static void remove_config_file(const struct instance *instance,
                               const char *file)
{
    char *path = mem_printf("%s/%s", instance->config_directory, file);

    if (unlink(path) != 0 && errno != ENOENT)
        log_warning("remove %s: %m", path);
    free(path);
}

int destroy_instance(struct instances *instances,
                     const struct instance *instance)
{
    must_be_stopped(instance);
    must_have_no_mail(instance);
    set_directories(instances, instance->config_directory, NULL, NULL);
    /* The lock's file goes with the queue. A master that is about to start
     * needs these when it has its lock. */
    remove_config_file(instance, "main.cf");
    remove_config_file(instance, "master.cf");
    remove_queue(instance);
    each_entry_of_place(instance->data_directory, remove_data_file);
    remove_folder(instance->data_directory);
    remove_folder(instance->config_directory);
    return 0;
}
