/* SPDX-License-Identifier: ISC
 *
 * faults.c - loaded into programs by faults.test: one call of one program for
 * files of one place fails. Which one, says a file that the test and all
 * programs have in memory; there they also count the calls that they make.
 *
 * A place is a folder of the queue or a mailbox. Calls for other files, and
 * for sockets, are none of ours.
 */
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { WORD = 32, SITES = 512, DESCRIPTORS = 1024 };

struct site {
    char program[WORD], call[WORD], place[WORD];
};
static struct plan {
    int left;   /* the call of <site> that fails is so many from now */
    int number; /* errno */
    int hits;
    int counts; /* calls are counted */
    struct site site;
    struct seen {
        int taken; /* by one of <site> */
        int count;
        struct site site;
    } seen[SITES];
} *plan;

/* Where the instance is: mailboxes have absolute paths. */
static char *top;

/* Place of each descriptor; NULL: none. */
static const char *places[DESCRIPTORS];

__attribute__((constructor)) static void start(void)
{
    const char *path = getenv("FAULTS");
    int fd = path != NULL ? open(path, O_RDWR | O_CLOEXEC) : -1;

    if (fd < 0)
        return;
    void *memory = mmap(NULL, sizeof *plan, PROT_READ | PROT_WRITE, MAP_SHARED,
                        fd, 0);
    close(fd);
    top = strdup(path);
    if (memory == MAP_FAILED || top == NULL)
        return;
    strrchr(top, '/')[1] = '\0';
    plan = memory;
}

static const char *place_of(const char *path)
{
    static const char *const names[] = {
        "incoming", "active", "deferred", "hold",  "maildrop", "bounce",
        "defer",    "trace",  "corrupt",  "flush", "boxes",    "mail",
    };

    if (plan == NULL)
        return NULL;
    if (strncmp(path, top, strlen(top)) == 0)
        path += strlen(top);
    if (strncmp(path, "spool/", 6) == 0)
        path += 6;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        size_t length = strlen(names[i]);
        if (strncmp(path, names[i], length) == 0 &&
            (path[length] == '/' || path[length] == '\0'))
            return names[i];
    }
    return NULL;
}

static const char *place_of_fd(int fd)
{
    return fd >= 0 && fd < DESCRIPTORS ? places[fd] : NULL;
}

static int opened(int fd, const char *place)
{
    if (fd >= 0 && fd < DESCRIPTORS)
        places[fd] = place;
    return fd;
}

static bool is_site(const struct site *site, const char *call,
                    const char *place)
{
    return strcmp(site->call, call) == 0 && strcmp(site->place, place) == 0 &&
           strcmp(site->program, program_invocation_short_name) == 0;
}

/* Two processes at a time may have a row each for the same. */
static void count(const char *call, const char *place)
{
    for (struct seen *row = plan->seen; row < plan->seen + SITES; row++) {
        if (__sync_bool_compare_and_swap(&row->taken, 0, 1)) {
            strncpy(row->site.program, program_invocation_short_name,
                    WORD - 1);
            strncpy(row->site.call, call, WORD - 1);
            strncpy(row->site.place, place, WORD - 1);
        } else if (!is_site(&row->site, call, place)) {
            continue;
        }
        __sync_fetch_and_add(&row->count, 1);
        return;
    }
}

static bool fails(const char *call, const char *place)
{
    if (plan == NULL || place == NULL)
        return false;
    if (plan->counts)
        count(call, place);
    if (plan->left <= 0 || !is_site(&plan->site, call, place) ||
        __sync_sub_and_fetch(&plan->left, 1) != 0)
        return false;
    plan->hits = 1;
    errno = plan->number;
    return true;
}

/* ---- the calls ---- */

/* What never takes the place of another file has a word of its own. */
static const char *rename_word(unsigned flags)
{
    return (flags & RENAME_NOREPLACE) != 0 ? "name" : "rename";
}

static const char *open_word(int flags)
{
    if ((flags & O_EXCL) != 0 || (flags & O_TMPFILE) == O_TMPFILE)
        return "create";
    return (flags & O_CREAT) != 0 ? "make" : "open";
}

/* A function <name> that fails as <word>, or is the real one. */
#define CALL(type, name, word, parameters, arguments, place) \
    type name parameters; \
    type name parameters \
    { \
        static type(*real) parameters; \
        if (real == NULL) \
            real = (type(*) parameters)dlsym(RTLD_NEXT, #name); \
        return fails(word, place) ? (type)-1 : real arguments; \
    }

CALL(int, fsync, "fsync", (int fd), (fd), place_of_fd(fd))
CALL(int, sync_file_range, "fsync",
     (int fd, off64_t from, off64_t length, unsigned flags),
     (fd, from, length, flags), place_of_fd(fd))
CALL(int, syncfs, "fsync", (int fd), (fd), place_of_fd(fd))
CALL(ssize_t, pwrite, "pwrite",
     (int fd, const void *data, size_t length, off_t at),
     (fd, data, length, at), place_of_fd(fd))
CALL(ssize_t, pwrite64, "pwrite",
     (int fd, const void *data, size_t length, off64_t at),
     (fd, data, length, at), place_of_fd(fd))
CALL(ssize_t, read, "read", (int fd, void *data, size_t length),
     (fd, data, length), place_of_fd(fd))
CALL(ssize_t, pread, "read", (int fd, void *data, size_t length, off_t at),
     (fd, data, length, at), place_of_fd(fd))
CALL(ssize_t, pread64, "read", (int fd, void *data, size_t length, off64_t at),
     (fd, data, length, at), place_of_fd(fd))
CALL(int, fchmod, "fchmod", (int fd, mode_t mode), (fd, mode), place_of_fd(fd))
CALL(int, fchown, "fchown", (int fd, uid_t uid, gid_t gid), (fd, uid, gid),
     place_of_fd(fd))
CALL(int, ftruncate, "ftruncate", (int fd, off_t size), (fd, size),
     place_of_fd(fd))
CALL(int, ftruncate64, "ftruncate", (int fd, off64_t size), (fd, size),
     place_of_fd(fd))
CALL(int, flock, "flock", (int fd, int operation), (fd, operation),
     place_of_fd(fd))
CALL(int, futimens, "utimens", (int fd, const struct timespec times[2]),
     (fd, times), place_of_fd(fd))
CALL(int, utimensat, "utimens",
     (int folder, const char *path, const struct timespec times[2], int flags),
     (folder, path, times, flags), place_of(path))
CALL(int, mkdir, "mkdir", (const char *path, mode_t mode), (path, mode),
     place_of(path))
CALL(int, unlink, "unlink", (const char *path), (path), place_of(path))
CALL(int, link, "link", (const char *from, const char *to), (from, to),
     place_of(to))
CALL(int, linkat, "link",
     (int from_fd, const char *from, int to_fd, const char *to, int flags),
     (from_fd, from, to_fd, to, flags), place_of(to))
CALL(int, rename, "rename", (const char *from, const char *to), (from, to),
     place_of(to))
CALL(int, renameat2, rename_word(flags),
     (int from_fd, const char *from, int to_fd, const char *to, unsigned flags),
     (from_fd, from, to_fd, to, flags), place_of(to))

#define REAL(name) \
    static __typeof__(&name) real; \
    if (real == NULL) \
        real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

/* A disk that is full, or has an error, has taken a part before. */
ssize_t write(int fd, const void *data, size_t length)
{
    REAL(write);
    if (!fails("write", place_of_fd(fd)))
        return real(fd, data, length);
    int number = errno;
    if (number != EINTR && real(fd, data, length / 2) < 0)
        return -1;
    errno = number;
    return -1;
}

/* What is told of a descriptor is told of its copy. */
int dup(int fd)
{
    REAL(dup);
    return fails("dup", place_of_fd(fd)) ? -1
                                         : opened(real(fd), place_of_fd(fd));
}

/* The descriptor is free in any case, as on Linux. */
int close(int fd)
{
    const char *place = place_of_fd(fd);

    REAL(close);
    opened(fd, NULL);
    if (!fails("close", place))
        return real(fd);
    int number = errno;
    real(fd);
    errno = number;
    return -1;
}

DIR *opendir(const char *path)
{
    REAL(opendir);
    return fails("opendir", place_of(path)) ? NULL : real(path);
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
    if (number == SYS_renameat2 &&
        fails(rename_word((unsigned)a[4]), place_of((const char *)a[3])))
        return -1;
    return real(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

typedef int open_function(const char *path, int flags, ...);

static int open_with(open_function *real, const char *path, int flags,
                     va_list args)
{
    bool creates = (flags & (O_CREAT | O_TMPFILE)) != 0;
    mode_t mode = creates ? va_arg(args, mode_t) : 0;
    const char *place = place_of(path);

    return fails(open_word(flags), place)
               ? -1
               : opened(real(path, flags, mode), place);
}

#define OPEN(name) \
    int name(const char *path, int flags, ...) \
    { \
        va_list args; \
        REAL(name); \
        va_start(args, flags); \
        int fd = open_with(real, path, flags, args); \
        va_end(args); \
        return fd; \
    }

OPEN(open)
OPEN(open64)

/* What the headers make of calls with checks at run time. */
CALL(ssize_t, __read_chk, "read",
     (int fd, void *data, size_t length, size_t room),
     (fd, data, length, room), place_of_fd(fd))

int __open_2(const char *path, int flags);
int __open_2(const char *path, int flags)
{
    return open(path, flags);
}
