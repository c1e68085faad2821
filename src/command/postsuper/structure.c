/* SPDX-License-Identifier: ISC
 *
 * structure.c - names that do not match inodes, files in the wrong folder, and
 * what crashes left.
 *
 * A queue ID has the inode of its file in it: two files never get the same ID
 * while both exist. After a restore from backup the names are wrong. A file is
 * first renamed to "newID#FIX", its logfiles before it, so that no new name
 * can collide with one not corrected yet; when all are done a second pass
 * takes "#FIX" away. If we are interrupted, the next run goes on from there.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/fatal.h"
#include "base/file.h"
#include "base/log.h"
#include "base/text.h"
#include "config/params.h"
#include "mail/queue_dir.h"
#include "postsuper.h"

#define FIX_SUFFIX "#FIX"

enum { MAX_AGE_S = 7 * 24 * 3600 };

static const char *const log_queues[] = { "trace", "defer", "bounce", NULL };

/* Passes over the queues, in this order. */
enum pass {
    PASS_PLACES, /* first: the logfiles of a message must be found */
    PASS_NAMES,
    PASS_SUFFIX,
};

struct repair {
    const struct repair_options *options;
    enum pass pass;
    unsigned long renamed;   /* messages that got another ID */
    bool again;              /* there are names with #FIX */
};

/* ---- Names --------------------------------------------------------------- */

/* The new name is taken. In maildrop, somebody who got past postdrop may have
 * seen to that, and must not keep the mail system from starting: a second
 * name of one file goes, and another file stays as it is. */
static bool is_prank(const char *from, const char *to)
{
    struct stat one, other;

    if (!text_has_prefix(from, "maildrop/") || lstat(from, &one) != 0 ||
        lstat(to, &other) != 0)
        return false;
    if (one.st_dev != other.st_dev || one.st_ino != other.st_ino)
        log_warning("bogus file name: %s", from);
    else if (unlink(from) == 0)
        log_warning("removed %s, the same file as %s", from, to);
    return true;
}

/* Not synced: with any of its names the file is found by the next run, which
 * goes on from there. */
static void rename_file(const char *from, const char *to)
{
    struct str folder = STR_EMPTY;
    const char *slash = to;

    while ((slash = strchr(slash + 1, '/')) != NULL) {
        str_set_bytes(&folder, to, (size_t)(slash - to));
        if (!file_make_folder(folder.data, 0700) && errno != EEXIST)
            fatal("create directory %s: %s", folder.data, strerror(errno));
    }
    str_fini(&folder);
    if (access(to, F_OK) == 0) {
        if (is_prank(from, to))
            return;
        errno = EEXIST;
    } else if (rename(from, to) == 0) {
        return;
    }
    fatal("rename file %s as %s: %s", from, to, strerror(errno));
}

/* The ID that a message file should have; false: the name is as it should
 * be. */
static bool wanted_id(const struct repair *repair, const char *id, ino_t inode,
                      char out[QUEUE_ID_SIZE])
{
    ino_t named;
    long usec;
    bool keep_long =
        queue_id_is_long(id) && common_params.enable_long_queue_ids;

    bool matches = queue_id_inode(id, &named) && named == inode;
    if (queue_id_is_long(id) ? keep_long &&
                                   (matches || !repair->options->long_names_too)
                             : matches)
        return false;
    if (keep_long) {
        char fresh[QUEUE_ID_SIZE];
        queue_id_format(fresh, true, (struct timeval){ 0, 0 }, inode);
        snprintf(out, QUEUE_ID_SIZE, "%.*s%s", (int)queue_id_time_length(id),
                 id, strrchr(fresh, 'z') + 1);
        return true;
    }
    if (queue_id_long_usec(id, &usec))
        queue_id_format(out, false, (struct timeval){ 0, usec }, inode);
    else
        snprintf(out, QUEUE_ID_SIZE, "%.5s%lX", id, (unsigned long)inode);
    return true;
}

static void rename_logs(const char *id, const char *fixed)
{
    struct str from = STR_EMPTY, to = STR_EMPTY;

    for (size_t i = 0; log_queues[i] != NULL; i++) {
        queue_dir_path(&from, log_queues[i], id);
        queue_dir_path(&to, log_queues[i], fixed);
        if (access(from.data, F_OK) == 0)
            rename_file(from.data, to.data);
    }
    str_fini(&from);
    str_fini(&to);
}

static void fix_name(struct repair *repair, const char *queue,
                     const char *path, const char *id, const struct stat *st)
{
    char wanted[QUEUE_ID_SIZE], fixed[QUEUE_ID_SIZE + sizeof FIX_SUFFIX];
    struct str to = STR_EMPTY;

    if (!is_message_queue(queue) || !wanted_id(repair, id, st->st_ino, wanted))
        return;
    snprintf(fixed, sizeof fixed, "%s" FIX_SUFFIX, wanted);
    rename_logs(id, fixed);
    rename_file(path, queue_dir_path(&to, queue, fixed));
    str_fini(&to);
    repair->renamed++;
    repair->again = true;
}

/* The second pass. */
static void strip_suffix(const char *queue, const char *path, const char *name)
{
    struct str id = STR_EMPTY, to = STR_EMPTY;

    str_set_bytes(&id, name, strlen(name) - strlen(FIX_SUFFIX));
    rename_file(path, queue_dir_path(&to, queue, id.data));
    str_fini(&id);
    str_fini(&to);
}

static void fix_place(const char *queue, const char *path, const char *id)
{
    struct str right = STR_EMPTY;

    queue_dir_path(&right, queue, id);
    if (strcmp(right.data, path) != 0)
        rename_file(path, right.data);
    str_fini(&right);
}

static bool has_suffix(const char *name)
{
    size_t length = strlen(name);

    return length > strlen(FIX_SUFFIX) &&
           strcmp(name + length - strlen(FIX_SUFFIX), FIX_SUFFIX) == 0;
}

/* ---- Files --------------------------------------------------------------- */

static void remove_other(const char *path, const struct stat *st)
{
    int status = S_ISDIR(st->st_mode) ? rmdir(path) : unlink(path);

    if (status != 0 && errno != ENOENT)
        log_warning("remove %s: %s", path, strerror(errno));
}

static bool is_left_over(const char *queue, const struct stat *st)
{
    return is_message_queue(queue) &&
           queue_dir_state(st) != QUEUE_FILE_READY &&
           time(NULL) > st->st_mtime + MAX_AGE_S;
}

/* Names in the flush queue are made of domain names. */
static bool is_good_name(const struct repair *repair, const char *queue,
                         const char *name)
{
    if (!queue_id_is_valid(name))
        return false;
    return !repair->options->structure || strcmp(queue, "flush") == 0 ||
           queue_id_time_length(name) > 0;
}

/* Returns true if the file is gone. */
static bool purge_file(const char *queue, const char *path,
                       const struct stat *st)
{
    if (!S_ISREG(st->st_mode)) {
        remove_other(path, st);
        return true;
    }
    if (!is_left_over(queue, st))
        return false;
    if (unlink(path) != 0 && errno != ENOENT)
        fatal("remove file %s: %s", path, strerror(errno));
    return true;
}

/* Once is enough; that pass is always made. */
static bool purges(const struct repair *repair)
{
    return repair->options->purge && repair->pass == PASS_NAMES;
}

/* What the folder says is enough for a file that has the right name, unless
 * its age decides whether it stays. */
static bool look_at(const struct repair *repair, const struct queue_scan *scan,
                    const char *queue, const char *path, const char *name,
                    struct stat *st)
{
    ino_t named;

    if (!queue_scan_is_file(scan, &st->st_ino) ||
        (is_message_queue(queue) &&
         (purges(repair) || !queue_id_inode(name, &named) ||
          named != st->st_ino)))
        return lstat(path, st) == 0;
    st->st_mode = S_IFREG;
    return true;
}

static void repair_file(struct repair *repair, const struct queue_scan *scan,
                        const char *queue, const char *path, const char *name)
{
    struct stat st;

    if (!look_at(repair, scan, queue, path, name, &st) ||
        (purges(repair) && purge_file(queue, path, &st)) ||
        !S_ISREG(st.st_mode))
        return;
    if (repair->options->structure && has_suffix(name)) {
        repair->again = true;
        if (repair->pass == PASS_SUFFIX)
            strip_suffix(queue, path, name);
        return;
    }
    if (!is_good_name(repair, queue, name)) {
        if (repair->pass != PASS_PLACES)
            log_warning("bogus file name: %s", path);
        return;
    }
    if (repair->options->structure && repair->pass == PASS_PLACES)
        fix_place(queue, path, name);
    if (repair->options->structure && repair->pass == PASS_NAMES)
        fix_name(repair, queue, path, name, &st);
}

static void repair_queue(struct repair *repair, const char *queue)
{
    struct queue_scan *scan = queue_scan_open_all(queue);
    struct str path = STR_EMPTY, name = STR_EMPTY;
    struct error why = ERROR_NONE;
    const char *found;

    while ((found = queue_scan_next(scan, &path)) != NULL) {
        str_set(&name, found);
        repair_file(repair, scan, queue, path.data, name.data);
    }
    if (queue_scan_failed(scan, &why))
        fatal("%s", why.text);
    queue_scan_close(scan);
    str_fini(&path);
    str_fini(&name);
}

/* Hash folders of a queue that is not hashed any more. */
static void remove_hash_folders(const char *queue)
{
    struct str path = STR_EMPTY;
    struct dirent *entry;

    queue_dir_path(&path, queue, "00000");
    bool hashed = strchr(path.data, '/') != strrchr(path.data, '/');
    DIR *folder = hashed ? NULL : opendir(queue);
    while (folder != NULL && (entry = readdir(folder)) != NULL) {
        if (entry->d_name[0] == '.' || entry->d_name[1] != 0)
            continue;
        str_setf(&path, "%s/%s", queue, entry->d_name);
        if (rmdir(path.data) != 0 && errno != ENOENT && errno != ENOTDIR &&
            errno != ENOTEMPTY)
            log_warning("remove directory %s: %s", path.data, strerror(errno));
    }
    if (folder != NULL)
        closedir(folder);
    str_fini(&path);
}

static void warn_incomplete(void *context)
{
    const struct repair *repair = context;

    if (repair->again)
        log_warning("OPERATION INCOMPLETE -- RERUN COMMAND TO FIX THE QUEUE "
                    "FIRST");
}

static void run_pass(struct repair *repair, enum pass pass,
                     const char *const *queues)
{
    repair->pass = pass;
    for (size_t i = 0; queues[i] != NULL; i++)
        repair_queue(repair, queues[i]);
}

void repair(const char *const *queues, const struct repair_options *options)
{
    struct repair repair = { .options = options };

    if (queues == NULL)
        queues = all_queues;
    fatal_cleanup(warn_incomplete, &repair);
    if (options->structure)
        run_pass(&repair, PASS_PLACES, queues);
    run_pass(&repair, PASS_NAMES, queues);
    if (repair.again) {
        run_pass(&repair, PASS_SUFFIX, log_queues);
        run_pass(&repair, PASS_SUFFIX, queues);
    }
    fatal_cleanup_remove(warn_incomplete, &repair);
    for (size_t i = 0; options->structure && queues[i] != NULL; i++)
        remove_hash_folders(queues[i]);
    if (repair.renamed == 0)
        return;
    log_info("Renamed to match inode number: %lu message%s", repair.renamed,
             repair.renamed == 1 ? "" : "s");
    log_warning("QUEUE FILE NAMES WERE CHANGED TO MATCH INODE NUMBERS");
}
