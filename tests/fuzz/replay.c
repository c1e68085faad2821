/* SPDX-License-Identifier: ISC
 *
 * replay.c - feed every input of tests/fuzz/corpus to its target, once.
 *
 * This is no fuzzing; it sees to it that what was found once stays mended.
 * Each target runs in a process of its own, which may crash.
 */
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/str.h"
#include "fuzz.h"

enum { SECONDS_MAX = 60 };

static struct fuzz_case *cases;
static char *current; /* name of the input in use; shared with the child */

void fuzz_register(struct fuzz_case *one)
{
    struct fuzz_case **at = &cases;

    while (*at != NULL && strcmp((*at)->name, one->name) < 0)
        at = &(*at)->next;
    one->next = *at;
    *at = one;
}

static void replay_file(const struct fuzz_case *one, int folder,
                        const char *name)
{
    int fd = openat(folder, name, O_RDONLY | O_CLOEXEC);
    struct stat info;

    if (fd < 0 || fstat(fd, &info) != 0 || !S_ISREG(info.st_mode))
        exit(2);
    uint8_t *data = mem_alloc((size_t)info.st_size + 1);
    ssize_t size = read(fd, data, (size_t)info.st_size);
    close(fd);
    if (size != info.st_size)
        exit(2);
    fuzz_run(one->target, data, (size_t)size);
    free(data);
}

static _Noreturn void replay_folder(const struct fuzz_case *one, DIR *folder)
{
    const struct dirent *entry;

    alarm(SECONDS_MAX);
    while ((entry = readdir(folder)) != NULL) {
        if (entry->d_name[0] == '.')
            continue;
        snprintf(current, NAME_MAX + 1, "%s", entry->d_name);
        replay_file(one, dirfd(folder), entry->d_name);
    }
    closedir(folder);
    exit(0);
}

static bool replay(const struct fuzz_case *one, const char *corpus)
{
    char *path = mem_printf("%s/%s", corpus, one->name);
    DIR *folder = opendir(path);
    int status;

    free(path);
    if (folder == NULL) {
        printf("FAIL %s: it has no folder in %s\n", one->name, corpus);
        return false;
    }
    fflush(stdout);
    *current = '\0';
    pid_t child = fork();
    if (child == 0)
        replay_folder(one, folder);
    closedir(folder);
    if (child < 0 || waitpid(child, &status, 0) != child)
        exit(2);
    if (status == 0)
        printf("ok %s\n", one->name);
    else
        printf("FAIL %s: input %s: %s %d\n", one->name, current,
               WIFSIGNALED(status) ? "signal" : "status",
               WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
    return status == 0;
}

int main(int argc, char **argv)
{
    bool good = true;

    current = mmap(NULL, NAME_MAX + 1, PROT_READ | PROT_WRITE,
                   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (current == MAP_FAILED)
        return 2;
    for (const struct fuzz_case *one = cases; one != NULL; one = one->next)
        good = replay(one, argc > 1 ? argv[1] : "tests/fuzz/corpus") && good;
    return good ? 0 : 1;
}
