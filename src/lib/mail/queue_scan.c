/* SPDX-License-Identifier: ISC
 *
 * queue_scan.c - walking a queue, hashed to whatever depth.
 */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "mail/queue_dir.h"

enum { SCAN_DEPTH_MAX = 32 };

struct queue_scan {
    DIR *folders[SCAN_DEPTH_MAX];       /* owned; the innermost last */
    size_t path_lengths[SCAN_DEPTH_MAX];/* of each folder's path */
    int depth;
    struct str path;                    /* of the innermost folder, or entry */
    bool all_names;
    bool is_file;                       /* the last entry */
    ino_t inode;
    struct error failure;               /* the first, or an empty text */
};

static void note_failure(struct queue_scan *scan, const char *what)
{
    if (scan->failure.text[0] == '\0')
        error_set(&scan->failure, "%s directory %s: %s", what, scan->path.data,
                  strerror(errno));
}

/* A folder that is gone has just been removed. */
static void enter(struct queue_scan *scan)
{
    if (scan->depth == SCAN_DEPTH_MAX)
        return;
    DIR *folder = opendir(scan->path.data);
    if (folder == NULL) {
        if (errno != ENOENT)
            note_failure(scan, "open");
        return;
    }
    scan->folders[scan->depth] = folder;
    scan->path_lengths[scan->depth] = scan->path.length;
    scan->depth++;
}

struct queue_scan *queue_scan_open(const char *queue)
{
    struct queue_scan *scan = mem_zalloc(sizeof *scan);

    str_init(&scan->path);
    str_set(&scan->path, queue);
    enter(scan);
    return scan;
}

struct queue_scan *queue_scan_open_all(const char *queue)
{
    struct queue_scan *scan = queue_scan_open(queue);

    scan->all_names = true;
    return scan;
}

static bool is_folder(const struct queue_scan *scan, const struct dirent *entry)
{
    struct stat st;

    if (entry->d_type != DT_UNKNOWN)
        return entry->d_type == DT_DIR;
    return lstat(scan->path.data, &st) == 0 && S_ISDIR(st.st_mode);
}

/* The next entry at any depth, its path in scan->path. */
static const char *next_name(struct queue_scan *scan)
{
    while (scan->depth > 0) {
        int top = scan->depth - 1;
        str_truncate(&scan->path, scan->path_lengths[top]);
        errno = 0;
        struct dirent *entry = readdir(scan->folders[top]);
        if (entry == NULL) {
            if (errno != 0)
                note_failure(scan, "read");
            closedir(scan->folders[top]);
            scan->depth--;
            continue;
        }
        if (entry->d_name[0] == '.')
            continue;
        str_add_char(&scan->path, '/');
        str_add(&scan->path, entry->d_name);
        if (entry->d_name[1] == 0 && is_folder(scan, entry)) {
            enter(scan);
            continue;
        }
        scan->is_file = entry->d_type == DT_REG;
        scan->inode = entry->d_ino;
        if (scan->all_names || queue_id_is_valid(entry->d_name))
            return scan->path.data + scan->path_lengths[top] + 1;
    }
    return NULL;
}

const char *queue_scan_next(struct queue_scan *scan, struct str *path)
{
    const char *name = next_name(scan);

    if (name != NULL && path != NULL)
        str_set_bytes(path, scan->path.data, scan->path.length);
    return name;
}

bool queue_scan_is_file(const struct queue_scan *scan, ino_t *inode)
{
    *inode = scan->inode;
    return scan->is_file;
}

bool queue_scan_failed(const struct queue_scan *scan, struct error *why)
{
    if (scan->failure.text[0] == '\0')
        return false;
    if (why != NULL)
        *why = scan->failure;
    return true;
}

void queue_scan_close(struct queue_scan *scan)
{
    if (scan == NULL)
        return;
    while (scan->depth > 0)
        closedir(scan->folders[--scan->depth]);
    str_fini(&scan->path);
    free(scan);
}
