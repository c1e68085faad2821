/* SPDX-License-Identifier: ISC
 *
 * mbox.c - appending a message to a UNIX mailbox.
 *
 * The file is as before, or has the whole message: what was written of a
 * message that failed is cut off again.
 *
 * The locks are held while the message is written, not while the disk is
 * waited for: deliveries to one mailbox write one after the other and wait
 * together.
 */
#include "mail/mbox.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/priv.h"
#include "mailbox_failure.h"

/* *end: the size of the file then. */
static bool append(struct mailbox_lock *lock, struct message_reader *message,
                   const struct copy_options *copy, long size_limit,
                   off_t *end, struct arena *arena, struct dsn *dsn)
{
    int fd = dup(lock->fd);

    if (fd < 0)
        return mailbox_failed(arena, dsn, "4.3.0", strerror(errno));
    struct stream *out = stream_open(fd);
    enum copy_result result = message_copy(message, out, copy);
    if (result == COPY_OK && !stream_flush(out))
        result = COPY_WRITE_FAILED;
    int number = stream_errno(out);
    stream_abandon(out);
    if (result != COPY_OK)
        return mailbox_copy_failed(arena, dsn, message, result, number);
    struct stat st;
    if (fstat(lock->fd, &st) != 0)
        return mailbox_failed(arena, dsn, "4.3.0", strerror(errno));
    *end = st.st_size;
    if (size_limit > 0 && S_ISREG(st.st_mode) && st.st_size > size_limit)
        return mailbox_copy_failed(arena, dsn, message, COPY_WRITE_FAILED,
                                   EFBIG);
    return true;
}

static void cut_back(const struct mailbox_lock *lock, const char *path)
{
    if (S_ISREG(lock->st.st_mode) &&
        (ftruncate(lock->fd, lock->st.st_size) != 0 || fsync(lock->fd) != 0))
        log_warning("%s: cannot cut off the part of a message that could not "
                    "be delivered: %s; it begins at byte %lld",
                    path, strerror(errno), (long long)lock->st.st_size);
}

/* Another try helps when the lock is held; and an owner can be put right. */
static const char *lock_failure_status(enum mailbox_lock_result result,
                                       int number)
{
    return result == MAILBOX_BUSY || result == MAILBOX_FOREIGN
               ? "4.2.0"
               : mailbox_open_status(number);
}

/* Opening and closing in a spool folder is root's, the rest the owner's. */
static void enter_spool(const struct mbox_options *options)
{
    if (options->via_spool)
        priv_become(0, options->spool_gid);
}

static void leave_spool(const struct mbox_options *options)
{
    int saved = errno;

    if (options->via_spool)
        priv_become(options->owner, options->group);
    errno = saved;
}

static enum mailbox_lock_result open_locked(struct mailbox_lock *lock,
                                            const char *path,
                                            const struct mbox_options *options,
                                            struct error *why)
{
    struct mailbox_lock_options locking = {
        .locks = options->locks,
        .attempts = options->lock_attempts,
        .delay_s = options->lock_delay_s,
        .stale_s = options->stale_lock_s,
        .devices = options->devices,
        .give = options->via_spool,
        .new_owner = options->owner,
        .new_group = options->group,
    };

    enter_spool(options);
    enum mailbox_lock_result result = mailbox_lock_open(
        lock, path, true, options->check_owner ? &options->owner : NULL,
        &locking, why);
    leave_spool(options);
    return result;
}

/* A new file's name has to be on disk too. */
static bool sync_name(const char *path, const struct mailbox_lock *lock,
                      const struct mbox_options *options, struct arena *arena,
                      struct dsn *dsn)
{
    struct error why = ERROR_NONE;

    if (!lock->created)
        return true;
    enter_spool(options);
    bool synced = file_sync_folder(path, &why);
    leave_spool(options);
    return synced || mailbox_failed(arena, dsn, "4.3.0", why.text);
}

static void release(struct mailbox_lock *lock,
                    const struct mbox_options *options)
{
    enter_spool(options);
    mailbox_lock_release(lock);
    leave_spool(options);
}

static bool close_locked(struct mailbox_lock *lock,
                         const struct mbox_options *options)
{
    enter_spool(options);
    bool closed = mailbox_lock_close(lock);
    leave_spool(options);
    return closed;
}

/* The message of <lock>, which is not held any more, ends at byte <end>. It is
 * cut off if nothing came behind it. */
static void take_back(const struct mailbox_lock *lock, off_t end,
                      const char *path, const struct mbox_options *options)
{
    struct mailbox_lock again;
    struct error why = ERROR_NONE;

    if (open_locked(&again, path, options, &why) != MAILBOX_LOCKED) {
        log_warning("%s: a message that could not be synced stays there: %s",
                    path, why.text);
        return;
    }
    if (again.st.st_ino == lock->st.st_ino && again.st.st_size == end) {
        again.st.st_size = lock->st.st_size;
        cut_back(&again, path);
    } else {
        log_warning("%s: a message that could not be synced stays there: "
                    "the mailbox has changed since",
                    path);
    }
    close_locked(&again, options);
}

/* Of a mailbox that has all of the message, up to byte <end>. */
static bool sync_mailbox(struct mailbox_lock *lock, off_t end,
                         const char *path, struct message_reader *message,
                         const struct copy_options *copy,
                         const struct mbox_options *options,
                         struct arena *arena, struct dsn *dsn)
{
    if (!S_ISREG(lock->st.st_mode))
        return true;
    release(lock, options);
    if (copy->written != NULL)
        copy->written(copy->context);
    bool synced = fsync(lock->fd) == 0 ||
                  mailbox_copy_failed(arena, dsn, message, COPY_WRITE_FAILED,
                                      errno);
    synced = synced && sync_name(path, lock, options, arena, dsn);
    if (!synced)
        take_back(lock, end, path, options);
    return synced;
}

bool mbox_append(const char *path, struct message_reader *message,
                 const struct copy_options *copy,
                 const struct mbox_options *options, struct arena *arena,
                 struct dsn *dsn)
{
    struct mailbox_lock lock;
    struct error why = ERROR_NONE;
    off_t end = 0;

    enum mailbox_lock_result result = open_locked(&lock, path, options, &why);
    if (result != MAILBOX_LOCKED)
        return mailbox_failed(arena, dsn, lock_failure_status(result, errno),
                              why.text);
    if (options->start != NULL)
        *options->start = lock.st.st_size;
    bool done = append(&lock, message, copy, options->size_limit, &end, arena,
                       dsn);
    if (!done)
        cut_back(&lock, path);
    done = done &&
           sync_mailbox(&lock, end, path, message, copy, options, arena, dsn);
    /* What was synced is there, whatever close has to say. */
    if (!close_locked(&lock, options) && done && !S_ISREG(lock.st.st_mode))
        return mailbox_failed(arena, dsn, "4.3.0", strerror(errno));
    return done;
}
