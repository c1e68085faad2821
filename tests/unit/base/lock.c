/* SPDX-License-Identifier: ISC
 *
 * lock.c - tests of base/lock.h.
 */
#include "base/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test.h"

static int open_file(void)
{
    return open(test_path("file"), O_RDWR | O_CREAT, 0600);
}

static void locks_exclude(enum lock_style style)
{
    int a = open_file(), b = open_file();
    CHECK(lock_file(a, style, LOCK_KIND_SHARED, 0));
    CHECK(lock_file(b, style, LOCK_KIND_SHARED, 0));
    CHECK(!lock_file(a, style, LOCK_KIND_EXCLUSIVE, 0));
    CHECK_INT(errno, EAGAIN);
    CHECK(lock_file(b, style, LOCK_KIND_NONE, 0));
    CHECK(lock_file(a, style, LOCK_KIND_EXCLUSIVE, 0));
    CHECK(!lock_file(b, style, LOCK_KIND_SHARED, 0));
    CHECK(!lock_file(b, style, LOCK_KIND_SHARED, deadline_in_ms(50)));
    CHECK_INT(errno, EAGAIN);
    close(open_file()); /* must not drop the lock */
    CHECK(!lock_file(b, style, LOCK_KIND_SHARED, 0));
    close(a);
    CHECK(lock_file(b, style, LOCK_KIND_EXCLUSIVE, 0));
    close(b);
}

TEST(lock_by_flock)
{
    locks_exclude(LOCK_STYLE_FLOCK);
}

TEST(lock_by_fcntl)
{
    locks_exclude(LOCK_STYLE_FCNTL);
}

TEST(lock_is_waited_for)
{
    int a = open_file(), b = open_file();
    CHECK(lock_file(a, LOCK_STYLE_FLOCK, LOCK_KIND_EXCLUSIVE, 0));
    deadline_t before = clock_now();
    pid_t child = fork();
    if (child == 0) {
        clock_sleep_ms(100);
        lock_file(a, LOCK_STYLE_FLOCK, LOCK_KIND_NONE, 0);
        _exit(0);
    }
    CHECK(lock_file(b, LOCK_STYLE_FLOCK, LOCK_KIND_EXCLUSIVE,
                    deadline_in_s(120)));
    CHECK(clock_now() - before >= 50);
    waitpid(child, NULL, 0);
    close(a);
    close(b);
}

TEST(lock_of_the_process_excludes_ours)
{
    int a = open_file(), ready[2];
    char byte = 'x';

    CHECK(pipe(ready) == 0);
    pid_t child = fork();
    if (child == 0) { /* another program, with a classic lock */
        struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
        if (fcntl(open_file(), F_SETLK, &lock) == 0 &&
            write(ready[1], &byte, 1) == 1)
            pause();
        _exit(1);
    }
    close(ready[1]);
    CHECK(read(ready[0], &byte, 1) == 1);
    close(ready[0]);
    CHECK(!lock_file(a, LOCK_STYLE_FCNTL, LOCK_KIND_EXCLUSIVE, 0));
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    CHECK(lock_file(a, LOCK_STYLE_FCNTL, LOCK_KIND_EXCLUSIVE, 0));
    close(a);
}

TEST(lock_errors_are_not_waited_for)
{
    CHECK(!lock_file(-1, LOCK_STYLE_FLOCK, LOCK_KIND_SHARED, DEADLINE_NEVER));
    CHECK_INT(errno, EBADF);
}
