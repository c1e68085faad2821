/* SPDX-License-Identifier: ISC
 *
 * faults.c - loaded into daemons by faults.test: one call of one program that
 * has to do with files fails. Which one, says a file that the test and all
 * daemons have in memory.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

struct plan {
    int left;   /* this many calls from now */
    int number; /* errno */
    int hits;
    char program[32], call[32];
};
static struct plan *plan;

__attribute__((constructor)) static void start(void)
{
    const char *path = getenv("FAULTS");
    int fd = path != NULL ? open(path, O_RDWR | O_CLOEXEC) : -1;

    if (fd < 0)
        return;
    void *memory = mmap(NULL, sizeof *plan, PROT_READ | PROT_WRITE, MAP_SHARED,
                        fd, 0);
    plan = memory != MAP_FAILED ? memory : NULL;
    close(fd);
}

/* <fd>: -1, or one that has to be a regular file or a folder. */
static int fails(const char *call, int fd)
{
    struct stat st;

    if (plan == NULL || plan->left <= 0 || strcmp(plan->call, call) != 0 ||
        strcmp(plan->program, program_invocation_short_name) != 0)
        return 0;
    if (fd >= 0 &&
        (fstat(fd, &st) != 0 || !(S_ISREG(st.st_mode) || S_ISDIR(st.st_mode))))
        return 0;
    if (__sync_sub_and_fetch(&plan->left, 1) != 0)
        return 0;
    plan->hits = 1;
    errno = plan->number;
    return 1;
}

#define REAL(name) \
    static __typeof__(&name) real; \
    if (real == NULL) \
        real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

int fsync(int fd)
{
    REAL(fsync);
    return fails("fsync", fd) ? -1 : real(fd);
}

ssize_t write(int fd, const void *data, size_t length)
{
    REAL(write);
    return fails("write", fd) ? -1 : real(fd, data, length);
}

ssize_t pwrite(int fd, const void *data, size_t length, off_t at)
{
    REAL(pwrite);
    return fails("pwrite", fd) ? -1 : real(fd, data, length, at);
}

ssize_t pwrite64(int fd, const void *data, size_t length, off64_t at)
{
    REAL(pwrite64);
    return fails("pwrite", fd) ? -1 : real(fd, data, length, at);
}

ssize_t read(int fd, void *data, size_t length)
{
    REAL(read);
    return fails("read", fd) ? -1 : real(fd, data, length);
}

ssize_t pread(int fd, void *data, size_t length, off_t at)
{
    REAL(pread);
    return fails("read", fd) ? -1 : real(fd, data, length, at);
}

ssize_t pread64(int fd, void *data, size_t length, off64_t at)
{
    REAL(pread64);
    return fails("read", fd) ? -1 : real(fd, data, length, at);
}

int fchmod(int fd, mode_t mode)
{
    REAL(fchmod);
    return fails("fchmod", fd) ? -1 : real(fd, mode);
}

int unlink(const char *path)
{
    REAL(unlink);
    return fails("unlink", -1) ? -1 : real(path);
}

int link(const char *from, const char *to)
{
    REAL(link);
    return fails("link", -1) ? -1 : real(from, to);
}

int linkat(int from_fd, const char *from, int to_fd, const char *to, int flags)
{
    REAL(linkat);
    return fails("link", -1) ? -1 : real(from_fd, from, to_fd, to, flags);
}

int rename(const char *from, const char *to)
{
    REAL(rename);
    return fails("rename", -1) ? -1 : real(from, to);
}

int renameat2(int from_fd, const char *from, int to_fd, const char *to,
              unsigned flags)
{
    REAL(renameat2);
    return fails("rename", -1) ? -1 : real(from_fd, from, to_fd, to, flags);
}

long syscall(long number, ...)
{
    long a[6];
    va_list args;

    REAL(syscall);
    va_start(args, number);
    for (int i = 0; i < 6; i++)
        a[i] = va_arg(args, long);
    va_end(args);
    if (number == SYS_renameat2 && fails("rename", -1))
        return -1;
    return real(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

int open(const char *path, int flags, ...)
{
    va_list args;

    REAL(open);
    va_start(args, flags);
    mode_t mode = (flags & (O_CREAT | O_TMPFILE)) ? va_arg(args, mode_t) : 0;
    va_end(args);
    return fails("open", -1) ? -1 : real(path, flags, mode);
}

int open64(const char *path, int flags, ...)
{
    va_list args;

    REAL(open64);
    va_start(args, flags);
    mode_t mode = (flags & (O_CREAT | O_TMPFILE)) ? va_arg(args, mode_t) : 0;
    va_end(args);
    return fails("open", -1) ? -1 : real(path, flags, mode);
}
