/* SPDX-License-Identifier: ISC
 *
 * removal.c - a file that stays in maildrop after it was sent would be sent
 * again, and again.
 *
 * So what shows beforehand is looked for beforehand: a folder that has another
 * owner by mistake, or a file system that takes no writes. A file that then
 * cannot be removed all the same is remembered until it can; only the next
 * process sends it once more.
 */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/array.h"
#include "base/log.h"
#include "base/str.h"
#include "mail/queue_dir.h"
#include "pickup.h"

enum { REMEMBERED_MAX = 1000 };

struct sent {
    char id[QUEUE_ID_SIZE];
    ino_t inode;
};

static struct { ARRAY_OF(struct sent); } still_there = ARRAY_EMPTY;

static struct sent *find(const struct maildrop_file *file)
{
    for (size_t i = 0; i < still_there.count; i++) {
        struct sent *sent = &still_there.items[i];
        if (sent->inode == file->st.st_ino && strcmp(sent->id, file->id) == 0)
            return sent;
    }
    return NULL;
}

/* Somebody else may have removed them. */
static void forget_the_gone(void)
{
    struct str path = STR_EMPTY;
    size_t kept = 0;

    for (size_t i = 0; i < still_there.count; i++)
        if (access(queue_dir_path(&path, "maildrop", still_there.items[i].id),
                   F_OK) == 0 || errno != ENOENT)
            still_there.items[kept++] = still_there.items[i];
    still_there.count = kept;
    str_fini(&path);
}

/* In a sticky folder only its owner and the file's may remove. */
static bool folder_lets_go(const char *folder, const struct stat *file)
{
    struct stat st;

    if (access(folder, W_OK | X_OK) != 0 || stat(folder, &st) != 0)
        return false;
    if ((st.st_mode & S_ISVTX) == 0 || st.st_uid == geteuid() ||
        file->st_uid == geteuid() || geteuid() == 0)
        return true;
    errno = EPERM;
    return false;
}

bool removal_is_possible(const struct maildrop_file *file, struct error *why)
{
    struct str folder = STR_EMPTY;

    if (still_there.count >= REMEMBERED_MAX)
        forget_the_gone();
    if (still_there.count >= REMEMBERED_MAX)
        return error_set(why, "%d files could not be removed", REMEMBERED_MAX);
    queue_dir_path(&folder, "maildrop", file->id);
    *strrchr(folder.data, '/') = '\0';
    bool possible = folder_lets_go(folder.data, &file->st) ||
                    error_set(why, "files in %s cannot be removed: %s",
                              folder.data, strerror(errno));
    str_fini(&folder);
    return possible;
}

bool removal_is_due(const struct maildrop_file *file)
{
    return find(file) != NULL;
}

bool removal_do(const struct maildrop_file *file)
{
    struct sent *sent = find(file);
    bool removed = queue_dir_remove("maildrop", file->id);

    if (!removed)
        log_warning("remove maildrop/%s: %s", file->id, strerror(errno));
    if (removed && sent != NULL) {
        *sent = still_there.items[--still_there.count];
    } else if (!removed && sent == NULL) {
        struct sent added = { .inode = file->st.st_ino };
        strncpy(added.id, file->id, sizeof added.id - 1);
        ARRAY_ADD(&still_there, added);
    }
    return removed;
}
