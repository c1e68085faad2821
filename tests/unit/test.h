/* SPDX-License-Identifier: ISC
 *
 * test.h - the frame around unit tests.
 *
 *     TEST(path821_reads_paths)
 *     {
 *         CHECK_STR(read_path("<user@example.com>"), "user@example.com");
 *     }
 *
 * A test needs no registration. Each one runs in a process of its own, so it
 * may crash, exit or leak descriptors without harm to the others. A failed
 * check prints its place and the test goes on.
 */

#ifndef TESTS_UNIT_TEST_H
#define TESTS_UNIT_TEST_H

#include <stdbool.h>
#include <stddef.h>

#ifndef COUNT
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#endif

/* Define a test. The name is unique in its file and says what holds. */
#define TEST(name)                                                           \
    static void test_##name(void);                                           \
    static struct test_case test_case_##name = { #name, test_##name, NULL }; \
    __attribute__((constructor)) static void test_register_##name(void)      \
    {                                                                        \
        test_register(&test_case_##name);                                    \
    }                                                                        \
    static void test_##name(void)

/* Each gives true if the check held. The wanted value comes second. Strings
 * may be NULL; two NULLs are equal. */
#define CHECK(condition) test_check((condition), #condition, __FILE__, __LINE__)
#define CHECK_STR(got, want) \
    test_check_str((got), (want), #got, __FILE__, __LINE__)
#define CHECK_INT(got, want)                                            \
    test_check_int((long long)(got), (long long)(want), #got, __FILE__, \
                   __LINE__)
#define CHECK_BYTES(got, got_size, want, want_size)                          \
    test_check_bytes((got), (got_size), (want), (want_size), #got, __FILE__, \
                     __LINE__)

/* Does the program end as wanted when it does this? For functions that end it
 * on purpose. <status> is the exit status, or minus the signal's number. */
#define CHECK_EXIT(statement, status)                              \
    do {                                                           \
        if (test_fork_for_exit()) {                                \
            statement;                                             \
            test_not_ended();                                      \
        }                                                          \
        test_check_exit((status), #statement, __FILE__, __LINE__); \
    } while (0)

/* A row of a table of cases: what is asked about, and whether it is so. */
struct test_question {
    const char *text;
    bool want;
};

/* An empty folder for this test alone, made at the first call and removed
 * after the test. */
const char *test_dir(void);

/* Path of <name> in test_dir(). Stays valid for the rest of the test. */
const char *test_path(const char *name);

/* Say why and end the test without a verdict. */
_Noreturn void test_skip(const char *why);

/* What the macros above use. */
struct test_case {
    const char *name;
    void (*run)(void);
    struct test_case *next;
};

void test_register(struct test_case *test);
bool test_check(bool held, const char *text, const char *file, int line);
bool test_check_str(const char *got, const char *want, const char *text,
                    const char *file, int line);
bool test_check_int(long long got, long long want, const char *text,
                    const char *file, int line);
bool test_check_bytes(const void *got, size_t got_size, const void *want,
                      size_t want_size, const char *text, const char *file,
                      int line);
bool test_fork_for_exit(void);
_Noreturn void test_not_ended(void);
bool test_check_exit(int status, const char *text, const char *file, int line);

#endif
