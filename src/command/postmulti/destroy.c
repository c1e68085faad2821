/* SPDX-License-Identifier: ISC
 *
 * destroy.c - take away an instance and what it had, but never mail, nor a
 * file that the mail system has not made.
 */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fatal.h"
#include "base/log.h"
#include "base/str.h"
#include "base/text.h"
#include "postmulti.h"

/* Walk <folder>: <entry> for each name, the folders in it included. */
static bool each_entry(const char *folder, bool (*entry)(const char *path))
{
    DIR *entries = opendir(folder);
    const struct dirent *found;
    bool ok = true;

    while (entries != NULL && ok && (found = readdir(entries)) != NULL) {
        if (strcmp(found->d_name, ".") == 0 ||
            strcmp(found->d_name, "..") == 0)
            continue;
        char *path = mem_printf("%s/%s", folder, found->d_name);
        ok = entry(path);
        free(path);
    }
    if (entries != NULL)
        closedir(entries);
    return ok;
}

static bool is_folder(const char *path)
{
    struct stat st;

    return lstat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* ---- mail -------------------------------------------------------------- */

static bool has_no_file(const char *path)
{
    return is_folder(path) && each_entry(path, has_no_file);
}

static void must_have_no_mail(const struct instance *instance)
{
    static const char *const queues[] = { "maildrop", "incoming", "active",
                                          "deferred", "hold",     "corrupt",
                                          "saved" };

    for (size_t i = 0; i < sizeof queues / sizeof *queues; i++) {
        char *path =
            mem_printf("%s/%s", instance->queue_directory, queues[i]);
        if (is_folder(path) && !each_entry(path, has_no_file))
            fatal("Instance %s has mail in %s",
                  *instance->name != '\0' ? instance->name
                                          : instance->config_directory,
                  path);
        free(path);
    }
}

static void must_be_stopped(const struct instance *instance)
{
    static const char *const status[] = { "status", NULL };

    if (instance_run_command(instance, "postfix", status) == 0)
        fatal("The %s instance is running",
              *instance->name != '\0' ? instance->name
                                      : instance->config_directory);
}

/* ---- files ------------------------------------------------------------- */

/* Files that daemons make and may lose. */
static bool remove_runtime_file(const char *path)
{
    if (is_folder(path))
        each_entry(path, remove_runtime_file);
    if ((is_folder(path) ? rmdir(path) : unlink(path)) != 0)
        log_warning("remove %s: %m", path);
    return true;
}

static void remove_folder(const char *path, bool with_contents)
{
    if (with_contents)
        each_entry(path, remove_runtime_file);
    if (rmdir(path) != 0 && errno != ENOENT)
        log_warning("%s is not removed: %m", path);
}

static bool remove_empty(const char *path)
{
    if (is_folder(path)) {
        each_entry(path, remove_empty);
        rmdir(path);
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
        remove_folder(path, true);
        free(path);
    }
    each_entry(instance->queue_directory, remove_empty);
    remove_folder(instance->queue_directory, false);
}

/* Caches, and what master and tlsmgr keep there. */
static bool remove_data_file(const char *path)
{
    static const char *const suffixes[] = { ".db", ".lmdb", ".lmdb-lock",
                                            ".cdb", "/master.lock",
                                            "/prng_exch" };

    for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++)
        if (text_has_suffix_nocase(path, suffixes[i]))
            unlink(path);
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
    remove_queue(instance);
    each_entry(instance->data_directory, remove_data_file);
    remove_folder(instance->data_directory, false);
    remove_config_file(instance, "main.cf");
    remove_config_file(instance, "master.cf");
    remove_folder(instance->config_directory, false);
    return 0;
}
