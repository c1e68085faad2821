/* SPDX-License-Identifier: ISC
 *
 * mailbox_lock.h - the locks around a change of a UNIX mailbox.
 */
#ifndef MAIL_MAILBOX_LOCK_H
#define MAIL_MAILBOX_LOCK_H

#include <stdbool.h>
#include <sys/stat.h>

#include "base/error.h"

/* Bits, as *_delivery_lock lists the names. */
enum { MBOX_LOCK_FLOCK = 1, MBOX_LOCK_FCNTL = 2, MBOX_LOCK_DOTLOCK = 4 };

struct mailbox_lock_options {
    unsigned locks;     /* MBOX_LOCK_ bits */
    int attempts;       /* deliver_lock_attempts */
    int delay_s;        /* deliver_lock_delay */
    int stale_s;        /* stale_lock_time: age of a dead dotlock */
    bool devices;       /* /dev/null and the like are welcome, unlocked */
    bool give;          /* a new file is given to <new_owner>:<new_group> */
    uid_t new_owner;
    gid_t new_group;
};

/* "fcntl, dotlock": the bits, or -1 and <why>. */
int mbox_locks_parse(const char *list, struct error *why);

/* A locked file, open for appending and reading. */
struct mailbox_lock {
    int fd;
    char *dotlock;      /* owned; path of the lock file we made, or NULL */
    bool created;
    struct stat st;     /* of the file, after the lock */
};
enum mailbox_lock_result {
    MAILBOX_LOCKED,
    MAILBOX_BUSY,       /* another program holds a lock: try later */
    MAILBOX_FOREIGN,    /* belongs to somebody else */
    MAILBOX_TROUBLE,    /* errno says; EPERM: not a regular file, links */
};

/* Open <path> (made with mode 0600 if it is missing and <create>) and lock
 * it, as the current effective user. A dotlock is made before the file is
 * opened, as other mail programs do. With <owner> not NULL the file must
 * belong to that uid. Anything but LOCKED: nothing is held, <why> is set. */
MAY_WAIT enum mailbox_lock_result
mailbox_lock_open(struct mailbox_lock *lock, const char *path, bool create,
                  const uid_t *owner,
                  const struct mailbox_lock_options *options,
                  struct error *why);
/* Unlock, and keep the file open: for what needs no lock any more. */
void mailbox_lock_release(struct mailbox_lock *lock);
/* Unlock and close. Returns false if close failed (NFS: data lost). */
bool mailbox_lock_close(struct mailbox_lock *lock);

#endif
