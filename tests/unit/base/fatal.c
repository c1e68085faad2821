/* SPDX-License-Identifier: ISC
 *
 * fatal.c - tests of base/fatal.h.
 */
#include "base/fatal.h"

#include <stdio.h>
#include <unistd.h>

#include "test.h"

static void append(void *text)
{
    FILE *file = fopen(test_path("trace"), "a");
    fputs(text, file);
    fclose(file);
}

static void fail_again(void *text)
{
    append(text);
    fatal("while cleaning up");
}

static void end_with_cleanups(void)
{
    fatal_cleanup(append, "1");
    fatal_cleanup(append, "2");
    fatal_cleanup(fail_again, "3");
    fatal_cleanup(append, "4");
    fatal_cleanup_remove(append, "2");
    fatal_cleanup_remove(append, "none");
    fatal_status(75, "the end");
}

TEST(fatal_runs_cleanups_last_first)
{
    char text[16] = "";
    test_path("trace"); /* the folder is this process's */
    CHECK_EXIT(end_with_cleanups(), 1);
    FILE *file = fopen(test_path("trace"), "r");
    CHECK(file != NULL && fgets(text, sizeof text, file) != NULL);
    if (file != NULL)
        fclose(file);
    CHECK_STR(text, "431");
}

TEST(fatal_exit_statuses)
{
    CHECK_EXIT(fatal("one"), 1);
    CHECK_EXIT(fatal_status(69, "unavailable"), 69);
    CHECK_EXIT(panic("impossible"), -6);
}

static void add_too_many(void)
{
    for (int i = 0; i < 17; i++)
        fatal_cleanup(append, "x");
}

TEST(fatal_cleanup_has_room_for_16)
{
    CHECK_EXIT(add_too_many(), -6);
}
