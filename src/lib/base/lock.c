/* SPDX-License-Identifier: ISC
 *
 * lock.c - locks on open files.
 */
#include "base/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

enum { PAUSE_FIRST_MS = 2, PAUSE_LONGEST_MS = 100 };

static int try_flock(int fd, enum lock_kind kind)
{
    static const int operations[] = {
        [LOCK_KIND_NONE] = LOCK_UN,
        [LOCK_KIND_SHARED] = LOCK_SH | LOCK_NB,
        [LOCK_KIND_EXCLUSIVE] = LOCK_EX | LOCK_NB,
    };
    return flock(fd, operations[kind]);
}

/* A lock of the open file rather than of the process: it conflicts with the
 * classic ones of other programs just the same, but two sessions of one
 * process exclude each other too, and closing another descriptor of the file
 * does not drop it. */
static int try_fcntl(int fd, enum lock_kind kind)
{
    static const short types[] = {
        [LOCK_KIND_NONE] = F_UNLCK,
        [LOCK_KIND_SHARED] = F_RDLCK,
        [LOCK_KIND_EXCLUSIVE] = F_WRLCK,
    };
    struct flock lock = { .l_type = types[kind], .l_whence = SEEK_SET };
    int status = fcntl(fd, F_OFD_SETLK, &lock);
    if (status < 0 && errno == EINVAL)
        status = fcntl(fd, F_SETLK, &lock);
    if (status < 0 && errno == EACCES)
        errno = EAGAIN;
    return status;
}

static int try_lock(int fd, enum lock_style style, enum lock_kind kind)
{
    int status;
    do
        status = style == LOCK_STYLE_FLOCK ? try_flock(fd, kind)
                                           : try_fcntl(fd, kind);
    while (status < 0 && errno == EINTR);
    return status;
}

/* Neither kind of lock can be waited for with a deadline, nor by one fiber
 * alone; so look again and again, with growing pauses. */
bool lock_file(int fd, enum lock_style style, enum lock_kind kind,
               deadline_t until)
{
    for (int pause_ms = PAUSE_FIRST_MS;; pause_ms *= 2) {
        if (try_lock(fd, style, kind) == 0)
            return true;
        if (errno != EAGAIN)
            return false;
        int left_ms = deadline_left_ms(until);
        if (left_ms == 0) {
            errno = EAGAIN;
            return false;
        }
        if (pause_ms > PAUSE_LONGEST_MS)
            pause_ms = PAUSE_LONGEST_MS;
        clock_sleep_ms(left_ms > 0 && left_ms < pause_ms ? left_ms : pause_ms);
    }
}
