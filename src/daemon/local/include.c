/* SPDX-License-Identifier: ISC
 *
 * include.c - :include:/file, a list of destinations.
 */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "local.h"

/* Each line for itself, cut into pieces of line_length_limit. */
enum fate deliver_lines(const struct delivery *d, int fd, size_t *count)
{
    struct stream *in = stream_open(fd);
    struct str line = STR_EMPTY;
    enum fate fate = FINISHED;
    bool more = true;

    while (more) {
        more = stream_get_until(in, '\n',
                                (size_t)common_params.line_length_limit, &line);
        if (!more && stream_state(in) == STREAM_LIMIT) {
            stream_clear_error(in);
            more = true;
        }
        if (line.length > 0 && line.data[0] != '#')
            fate = fate_worse(fate, deliver_list(d, line.data, count));
    }
    bool failed = stream_state(in) != STREAM_EOF;
    stream_close(in);
    str_fini(&line);
    return failed ? report_failed(d, "4.3.0", "error reading a list file")
                  : fate;
}

static enum fate misconfigured(const struct delivery *d)
{
    return report_failed(d, "5.3.5", "mail system configuration error");
}

/* A list is read with the rights of who refers to it. */
static bool reader_of(const struct delivery *d, const char *path,
                      struct rights *out, struct stat *seen, struct error *why)
{
    if (getuid() != 0) {
        *out = (struct rights){ getuid(), getgid(), NULL };
        return true;
    }
    if (d->rights != NULL && d->rights->uid != 0) {
        *out = *d->rights;
        return true;
    }
    return list_rights(d, path, out, seen, why);
}

/* As its reader. With the rights of root no other file than that which was
 * seen: who may write to a folder can put a link there in between. */
static int open_seen(const char *path, const struct rights *reader,
                     const struct stat *seen, struct stat *st,
                     struct error *why)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

    if (fd < 0 || fstat(fd, st) < 0) {
        error_set(why, "unable to lookup :include: file %s: %m", path);
    } else if (reader->uid == 0 &&
               (st->st_dev != seen->st_dev || st->st_ino != seen->st_ino)) {
        error_set(why, ":include: file %s has changed while it was opened",
                  path);
    } else {
        return fd;
    }
    if (fd >= 0)
        close(fd);
    return -1;
}

static int open_list(const struct delivery *d, const char *path,
                     struct stat *st, struct error *why)
{
    struct rights reader;
    struct stat seen = { 0 };

    if (!reader_of(d, path, &reader, &seen, why) ||
        !rights_take(reader.uid, reader.gid, why))
        return -1;
    int fd = open_seen(path, &reader, &seen, st, why);
    rights_give_back();
    return fd;
}

/* Without a user, the commands and files in a list get its owner's rights. */
static enum answer set_rights(struct delivery *d, uid_t owner)
{
    struct user_info *user = ARENA_NEW(d->job->arena, struct user_info);
    struct error why = ERROR_NONE;

    if (d->rights != NULL || owner == 0)
        return FOUND;
    enum answer answer = user_find_uid(d->job->arena, owner, user, &why);
    if (answer == FOUND) {
        struct rights *rights = ARENA_NEW(d->job->arena, struct rights);
        *rights = (struct rights){ user->uid, user->gid, NULL };
        d->rights = rights;
    }
    return answer;
}

enum fate deliver_include(const struct delivery *outer, const char *path)
{
    struct delivery d = *outer;
    struct expansion here = { path, outer->includes };
    struct error why = ERROR_NONE;
    struct stat st;
    size_t count = 0;

    if (*path != '/') {
        log_warning(":include:%s uses a relative path", path);
        return misconfigured(&d);
    }
    /* A list that includes itself would reach the limit, too. */
    if (++d.depth > NESTING_LIMIT || expansion_has(d.includes, path))
        return report_failed(&d, "5.4.6", ":include: nesting limit exceeded");
    if (!first_time(&d, arena_printf(d.job->arena, "include %s", path)))
        return FINISHED;
    int fd = open_list(&d, path, &st, &why);
    if (fd < 0) {
        log_warning("%s", why.text);
        return misconfigured(&d);
    }
    if (!S_ISREG(st.st_mode)) {
        close(fd);
        log_warning(":include: file %s is not a regular file", path);
        return misconfigured(&d);
    }
    if (set_rights(&d, st.st_uid) != FOUND) {
        close(fd);
        log_warning(":include: file %s: unknown owner %lu", path,
                    (unsigned long)st.st_uid);
        return report_failed(&d, "4.3.0", "user lookup error");
    }
    set_origin(&d, ORIGIN_INCLUDE);
    d.includes = &here;
    return deliver_lines(&d, fd, &count);
}
