/* SPDX-License-Identifier: ISC
 *
 * forward_file.c - what users want done with their mail: ~/.forward.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/text.h"
#include "local.h"

/* Is it theirs (or root's), and may nobody else have written it? */
static bool is_trusted(const char *path, const struct stat *st, uid_t uid)
{
    if (!S_ISREG(st->st_mode)) {
        log_warning("file %s is not a regular file", path);
        return false;
    }
    if (st->st_uid != 0 && st->st_uid != uid) {
        log_warning("file %s has bad owner uid %ld", path, (long)st->st_uid);
        return false;
    }
    if ((st->st_mode & S_IWOTH) != 0) {
        log_warning("file %s is world writable", path);
        return false;
    }
    return true;
}

/* -1 with errno: ENOENT when there is none; EPERM when it is not trusted. As
 * the user. A named pipe does not hold us up. */
static int open_file(const char *path, uid_t uid)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

    if (fd < 0) {
        int saved = errno;
        if (saved != ENOENT && saved != ENOTDIR)
            log_warning("cannot open file %s: %m", path);
        errno = saved;
        return -1;
    }
    if (fstat(fd, &st) == 0 && is_trusted(path, &st, uid))
        return fd;
    close(fd);
    errno = EPERM;
    return -1;
}

/* What a full disk or a dead file server do not say about the file itself. */
static bool is_transient(int number)
{
    return number == EIO || number == EMFILE || number == ENFILE ||
           number == ENOMEM || number == ESTALE || number == ETIMEDOUT;
}

/* The first of the paths in <list> that exists; *template_ is its text. Those
 * that need what is not there, as an extension, do not count. -1 and errno. As
 * the user. */
static int open_first(const struct delivery *d, char **list,
                      const char **template_)
{
    int fd = -1;

    errno = ENOENT;
    for (; fd < 0 && *list != NULL; list++) {
        bool unknown = false;
        const char *path = vars_expand(
            d, *list, local_params.forward_expansion_filter, &unknown);
        if (path == NULL || unknown)
            continue;
        *template_ = *list;
        fd = open_file(path, d->rights->uid);
        if (fd < 0 && errno != ENOENT && errno != ENOTDIR)
            return -1;
    }
    return fd;
}

static int open_as_user(const struct delivery *d, char **list,
                        const char **template_)
{
    struct error why = ERROR_NONE;

    if (!rights_take(d->rights->uid, d->rights->gid, &why)) {
        errno = EACCES; /* said again, aloud, for the mailbox */
        return -1;
    }
    int fd = open_first(d, list, template_);
    if (fd < 0 && errno == ENOENT && mailbox_is_next(d))
        rights_keep();
    else
        rights_give_back();
    return fd;
}

enum answer deliver_forward_file(const struct delivery *outer,
                                 enum fate *fate)
{
    struct delivery d = *outer;
    struct expansion here = { outer->user, outer->users };
    char **paths =
        text_split(d.job->arena, local_params.forward_path, NULL, NULL);
    const char *template_ = "";
    size_t count = 0;

    if (expansion_has(d.users, d.user) || d.depth > NESTING_LIMIT)
        return ABSENT;
    int fd = open_as_user(&d, paths, &template_);
    if (fd < 0)
        return is_transient(errno) ? FAILED : ABSENT;
    d.users = &here;
    set_origin(&d, ORIGIN_FORWARD);
    d.depth++;
    if (strstr(template_, "extension") != NULL)
        d.unmatched = NULL;
    if (!report_expanded(&d, false)) {
        close(fd);
        return FAILED;
    }
    *fate = deliver_lines(&d, fd, &count);
    return count == 0 && *fate == FINISHED ? ABSENT : FOUND;
}
