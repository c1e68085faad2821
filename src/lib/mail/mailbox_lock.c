/* SPDX-License-Identifier: ISC
 *
 * mailbox_lock.c - opening a UNIX mailbox so that nobody else changes it.
 */
#include "mail/mailbox_lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/lock.h"
#include "base/log.h"
#include "base/str.h"

static const struct {
    const char *name;
    int bit;
} lock_names[] = {
    { "flock", MBOX_LOCK_FLOCK },
    { "fcntl", MBOX_LOCK_FCNTL },
    { "dotlock", MBOX_LOCK_DOTLOCK },
};

static int lock_bit(const char *name, size_t length)
{
    for (size_t i = 0; i < sizeof lock_names / sizeof lock_names[0]; i++)
        if (strlen(lock_names[i].name) == length &&
            memcmp(lock_names[i].name, name, length) == 0)
            return lock_names[i].bit;
    return 0;
}

int mbox_locks_parse(const char *list, struct error *why)
{
    static const char separators[] = ", \t\r\n";
    int locks = 0;

    while (*(list += strspn(list, separators)) != 0) {
        size_t length = strcspn(list, separators);
        int bit = lock_bit(list, length);
        if (bit == 0) {
            error_set(why, "unknown mailbox lock method: %.*s", (int)length,
                      list);
            return -1;
        }
        locks |= bit;
        list += length;
    }
    return locks;
}

/* The time that the attempts with their delays come to. In it we look more
 * often: a delivery holds its lock for some milliseconds. */
enum { PAUSE_FIRST_MS = 2, PAUSE_LONGEST_MS = 100 };

static deadline_t patience(const struct mailbox_lock_options *options)
{
    return deadline_in_ms((int64_t)(options->attempts - 1) *
                          options->delay_s * 1000);
}

/* ---- The lock file ------------------------------------------------------ */

/* A program that died leaves its lock file. */
static void remove_stale(const char *path, int stale_s)
{
    struct stat st;

    if (lstat(path, &st) == 0 && time(NULL) > st.st_mtime + stale_s)
        unlink(path);
}

static bool try_dotlock(const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0);

    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

static bool make_dotlock(const char *path,
                         const struct mailbox_lock_options *options)
{
    deadline_t until = patience(options);

    for (int pause_ms = PAUSE_FIRST_MS;; pause_ms *= 2) {
        if (try_dotlock(path))
            return true;
        if (errno != EEXIST)
            return false;
        remove_stale(path, options->stale_s);
        if (deadline_left_ms(until) == 0) {
            errno = EEXIST;
            return false;
        }
        if (pause_ms > PAUSE_LONGEST_MS)
            pause_ms = PAUSE_LONGEST_MS;
        clock_sleep_ms(pause_ms);
    }
}

static enum mailbox_lock_result
take_dotlock(struct mailbox_lock *lock, const char *path,
             const struct mailbox_lock_options *options, struct error *why)
{
    char *dotlock = mem_printf("%s.lock", path);

    if (make_dotlock(dotlock, options)) {
        lock->dotlock = dotlock;
        return MAILBOX_LOCKED;
    }
    int saved = errno;
    error_set(why, "unable to create lock file %s: %s", dotlock,
              strerror(saved));
    free(dotlock);
    errno = saved;
    return saved == EEXIST ? MAILBOX_BUSY : MAILBOX_TROUBLE;
}

/* ---- The file ----------------------------------------------------------- */

static bool is_device(const char *path)
{
    struct stat st;

    return lstat(path, &st) == 0 && S_ISCHR(st.st_mode);
}

static bool open_device(struct mailbox_lock *lock, const char *path,
                        struct error *why)
{
    lock->fd = open(path, O_WRONLY | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY);
    if (lock->fd >= 0 && fstat(lock->fd, &lock->st) == 0)
        return true;
    return error_set(why, "open %s: %s", path, strerror(errno));
}

/* EPERM: <why> has the reason. */
static void explain_open(bool created, struct error *why)
{
    int saved = errno;

    if (saved != EPERM)
        error_set(why,
                  created ? "cannot create file exclusively: %s"
                          : "cannot open file: %s",
                  strerror(saved));
    errno = saved;
}

static enum mailbox_lock_result open_mailbox(struct mailbox_lock *lock,
                                             const char *path, bool create,
                                             const uid_t *owner,
                                             const struct mailbox_lock_options
                                                 *options,
                                             struct error *why)
{
    struct stat before;
    uid_t new_owner = options->give ? options->new_owner : (uid_t)-1;
    gid_t new_group = options->give ? options->new_group : (gid_t)-1;

    lock->created = lstat(path, &before) != 0;
    lock->fd = file_open_plain(path, O_RDWR | O_APPEND | O_CLOEXEC |
                                         (create ? O_CREAT : 0),
                               S_IRUSR | S_IWUSR, new_owner, new_group,
                               &lock->st, why);
    if (lock->fd < 0) {
        explain_open(lock->created, why);
        return MAILBOX_TROUBLE;
    }
    if (owner != NULL && lock->st.st_uid != *owner) {
        error_set(why, "destination %s is not owned by recipient", path);
        return MAILBOX_FOREIGN;
    }
    return MAILBOX_LOCKED;
}

static enum mailbox_lock_result
lock_mailbox(struct mailbox_lock *lock,
             const struct mailbox_lock_options *options, struct error *why)
{
    bool locked = true;

    if ((options->locks & MBOX_LOCK_FLOCK) != 0)
        locked = lock_file(lock->fd, LOCK_STYLE_FLOCK, LOCK_KIND_EXCLUSIVE,
                           patience(options));
    if (locked && (options->locks & MBOX_LOCK_FCNTL) != 0)
        locked = lock_file(lock->fd, LOCK_STYLE_FCNTL, LOCK_KIND_EXCLUSIVE,
                           patience(options));
    if (locked && fstat(lock->fd, &lock->st) == 0)
        return MAILBOX_LOCKED;
    int saved = errno;
    error_set(why, "unable to lock for exclusive access: %s", strerror(saved));
    errno = saved;
    return saved == EAGAIN ? MAILBOX_BUSY : MAILBOX_TROUBLE;
}

static enum mailbox_lock_result
open_and_lock(struct mailbox_lock *lock, const char *path, bool create,
              const uid_t *owner, const struct mailbox_lock_options *options,
              struct error *why)
{
    enum mailbox_lock_result result = MAILBOX_LOCKED;

    if (options->devices && is_device(path))
        return open_device(lock, path, why) ? MAILBOX_LOCKED : MAILBOX_TROUBLE;
    if ((options->locks & MBOX_LOCK_DOTLOCK) != 0)
        result = take_dotlock(lock, path, options, why);
    if (result == MAILBOX_TROUBLE && options->devices) {
        /* In /dev and the like, nobody can make a lock file. */
        log_warning("%s", why->text);
        result = MAILBOX_LOCKED;
    }
    if (result == MAILBOX_LOCKED)
        result = open_mailbox(lock, path, create, owner, options, why);
    if (result == MAILBOX_LOCKED)
        result = lock_mailbox(lock, options, why);
    return result;
}

enum mailbox_lock_result
mailbox_lock_open(struct mailbox_lock *lock, const char *path, bool create,
                  const uid_t *owner,
                  const struct mailbox_lock_options *options,
                  struct error *why)
{
    memset(lock, 0, sizeof *lock);
    lock->fd = -1;
    enum mailbox_lock_result result =
        open_and_lock(lock, path, create, owner, options, why);
    if (result != MAILBOX_LOCKED) {
        int saved = errno;
        mailbox_lock_close(lock);
        errno = saved;
    }
    return result;
}

static void remove_dotlock(struct mailbox_lock *lock)
{
    if (lock->dotlock != NULL && unlink(lock->dotlock) != 0 &&
        errno != ENOENT)
        log_warning("remove lock file %s: %s; the mailbox is locked until it "
                    "is stale",
                    lock->dotlock, strerror(errno));
    free(lock->dotlock);
    lock->dotlock = NULL;
}

void mailbox_lock_release(struct mailbox_lock *lock)
{
    (void)lock_file(lock->fd, LOCK_STYLE_FCNTL, LOCK_KIND_NONE, 0);
    (void)lock_file(lock->fd, LOCK_STYLE_FLOCK, LOCK_KIND_NONE, 0);
    remove_dotlock(lock);
}

bool mailbox_lock_close(struct mailbox_lock *lock)
{
    bool closed = lock->fd < 0 || close(lock->fd) == 0;

    lock->fd = -1;
    remove_dotlock(lock);
    return closed;
}
