/* SPDX-License-Identifier: ISC
 *
 * test.c - runs the unit tests of one program.
 *
 * Each test runs in a child process, under a time limit. The parent prints one
 * line a test and the sum, in the form that tests/run adds up.
 */

#include "test.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    TIME_LIMIT_S = 600,
    MAX_REPORTS = 20, /* more failures in one test say nothing new */
    MAX_PATHS = 64,
    EXIT_FAILED = 1,
    EXIT_SKIPPED = 77,
    EXIT_NOT_ENDED = 78,
};

static struct test_case *first_test;
static struct test_case **last_link = &first_test;

/* State of the running test; its process has only one. */
static int failures;
static const char *current; /* the test that runs */
static char work_dir[4096];
static pid_t exiting_child;

void test_register(struct test_case *test)
{
    *last_link = test;
    last_link = &test->next;
}

/* Count a failure. Returns true if it is worth a report, and starts that. */
static bool report(const char *file, int line)
{
    failures++;
    if (failures > MAX_REPORTS)
        return false;
    printf("%s:%d: ", file, line);
    return true;
}

bool test_check(bool held, const char *text, const char *file, int line)
{
    if (!held && report(file, line))
        printf("not true: %s\n", text);
    return held;
}

static void print_byte(unsigned char byte)
{
    if (byte == '\n')
        printf("\\n");
    else if (byte == '\r')
        printf("\\r");
    else if (byte == '"' || byte == '\\')
        printf("\\%c", byte);
    else if (byte < ' ' || byte >= 127)
        printf("\\x%02x", byte);
    else
        putchar(byte);
}

static void print_bytes(const char *label, const void *bytes, size_t size)
{
    printf("    %s: ", label);
    if (bytes == NULL) {
        printf("NULL\n");
        return;
    }
    putchar('"');
    for (size_t i = 0; i < size; i++)
        print_byte(((const unsigned char *)bytes)[i]);
    printf("\" (%zu bytes)\n", size);
}

bool test_check_bytes(const void *got, size_t got_size, const void *want,
                      size_t want_size, const char *text, const char *file,
                      int line)
{
    bool equal =
        got_size == want_size && (got == NULL) == (want == NULL) &&
        (got_size == 0 || got == NULL || memcmp(got, want, got_size) == 0);

    if (!equal && report(file, line)) {
        printf("%s\n", text);
        print_bytes("got ", got, got_size);
        print_bytes("want", want, want_size);
    }
    return equal;
}

bool test_check_str(const char *got, const char *want, const char *text,
                    const char *file, int line)
{
    return test_check_bytes(got, got == NULL ? 0 : strlen(got), want,
                            want == NULL ? 0 : strlen(want), text, file, line);
}

bool test_check_int(long long got, long long want, const char *text,
                    const char *file, int line)
{
    if (got != want && report(file, line))
        printf("%s is %lld, want %lld\n", text, got, want);
    return got == want;
}

/* The exit status of <child>, or minus the number of the signal that ended
 * it. */
static int status_of(pid_t child)
{
    int status;

    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR)
            return -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

/* True in the new process. */
bool test_fork_for_exit(void)
{
    fflush(NULL);
    exiting_child = fork();
    return exiting_child == 0;
}

void test_not_ended(void)
{
    _exit(EXIT_NOT_ENDED);
}

bool test_check_exit(int status, const char *text, const char *file, int line)
{
    int got = status_of(exiting_child);

    if (got != status && report(file, line))
        printf("%s: ends with %d, want %d\n", text, got, status);
    return got == status;
}

const char *test_dir(void)
{
    static bool made;

    if (!made && mkdir(work_dir, 0700) != 0) {
        perror(work_dir);
        exit(EXIT_FAILED);
    }
    made = true;
    return work_dir;
}

const char *test_path(const char *name)
{
    static char *paths[MAX_PATHS];
    static size_t next;
    char **path = &paths[next++ % MAX_PATHS];

    free(*path);
    if (asprintf(path, "%s/%s", test_dir(), name) < 0)
        abort();
    return *path;
}

void test_skip(const char *why)
{
    if (failures == 0)
        printf("skip %s: %s\n", current, why);
    exit(failures == 0 ? EXIT_SKIPPED : EXIT_FAILED);
}

static int remove_one(const char *path, const struct stat *info, int kind,
                      struct FTW *where)
{
    (void)info;
    (void)kind;
    (void)where;
    return remove(path);
}

/* Choose the folder of the next test. Its name is known to the parent, which
 * removes it even after a crash. */
static void name_work_dir(int number)
{
    const char *parent = getenv("TMPDIR");

    snprintf(work_dir, sizeof(work_dir), "%s/unit.%ld.%d",
             parent == NULL ? "/tmp" : parent, (long)getpid(), number);
}

static void remove_work_dir(void)
{
    nftw(work_dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static void run_here(const struct test_case *test)
{
    alarm(TIME_LIMIT_S);
    current = test->name;
    test->run();
    if (failures > MAX_REPORTS)
        printf("and %d more failures\n", failures - MAX_REPORTS);
    exit(failures == 0 ? EXIT_SUCCESS : EXIT_FAILED);
}

static int run_in_child(const struct test_case *test)
{
    fflush(NULL);
    pid_t child = fork();
    if (child < 0) {
        perror("fork");
        return EXIT_FAILED;
    }
    if (child == 0)
        run_here(test);
    int status = status_of(child);
    remove_work_dir();
    return status;
}

static bool is_wanted(const char *name, char **patterns)
{
    if (*patterns == NULL)
        return true;
    for (; *patterns != NULL; patterns++)
        if (strstr(name, *patterns) != NULL)
            return true;
    return false;
}

/* Arguments select tests whose name contains one of them. With --here in
 * front, the first of these runs in this process, for a debugger. */
int main(int argc, char **argv)
{
    bool here = argc > 1 && strcmp(argv[1], "--here") == 0;
    char **patterns = argv + (here ? 2 : 1);
    int passed = 0;
    int failed = 0;
    int skipped = 0;

    for (struct test_case *t = first_test; t != NULL; t = t->next) {
        if (!is_wanted(t->name, patterns))
            continue;
        name_work_dir(passed + failed + skipped);
        if (here)
            run_here(t);

        int status = run_in_child(t);
        if (status == EXIT_SUCCESS) {
            passed++;
            printf("ok %s\n", t->name);
        } else if (status == EXIT_SKIPPED) {
            skipped++; /* it has said so */
        } else if (status >= 0) {
            failed++;
            printf("FAIL %s\n", t->name);
        } else {
            failed++;
            printf("FAIL %s: %s\n", t->name, strsignal(-status));
        }
    }
    printf("%d passed, %d failed", passed, failed);
    if (skipped > 0)
        printf(", %d skipped", skipped);
    putchar('\n');
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILED;
}
