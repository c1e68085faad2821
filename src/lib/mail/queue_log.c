/* SPDX-License-Identifier: ISC
 *
 * queue_log.c - the end of a log.
 */
#include "mail/queue_log.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "mail/queue_dir.h"

enum state { GONE, EMPTY, FULL };

static enum state make_empty(const char *log, const char *id)
{
    int fd = queue_dir_open(log, id, O_WRONLY);

    if (fd < 0)
        return errno == ENOENT ? GONE : FULL;
    bool done = ftruncate(fd, 0) == 0;
    close(fd);
    return done ? EMPTY : FULL;
}

bool queue_log_remove(const char *log, const char *id)
{
    struct str path = STR_EMPTY;

    if (queue_dir_remove(log, id) || errno == ENOENT)
        return true;
    int number = errno;
    enum state state = make_empty(log, id);
    if (state == GONE) /* a disk with errors, and nothing to remove */
        return true;
    queue_dir_path(&path, log, id);
    log_warning("%s: cannot remove %s below queue_directory: %s; %s; remove "
                "it, and see to it that mail_owner may write to its folder",
                id, path.data, strerror(number),
                state == EMPTY ? "it was emptied"
                               : "what it says is out of date");
    str_fini(&path);
    return state == EMPTY;
}
