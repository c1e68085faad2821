/* SPDX-License-Identifier: ISC
 *
 * recent.c - tests of how often a name service is asked. It is played by a
 * getpwnam_r of this file's own, which knows "ann".
 */

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "table/table.h"
#include "test.h"

static int asked;
static bool down;

int getpwnam_r(const char *name, struct passwd *entry, char *buffer,
               size_t size, struct passwd **found)
{
    static char empty[] = "";

    (void)buffer, (void)size;
    asked++;
    *found = NULL;
    if (down)
        return EIO;
    if (strcmp(name, "ann") != 0)
        return 0;
    *entry = (struct passwd){ .pw_name = (char *)(uintptr_t)name,
                              .pw_passwd = empty,
                              .pw_gecos = empty,
                              .pw_dir = empty,
                              .pw_shell = empty };
    *found = entry;
    return 0;
}

static struct table *open_passwd(void)
{
    struct error why = ERROR_NONE;

    return table_open("unix:passwd.byname", TABLE_READ, TABLE_FOLD, &why);
}

static enum answer ask(struct table *table, const char *key)
{
    struct str value = STR_EMPTY;
    enum answer answer = table_get(table, key, &value);

    if (answer == FOUND)
        CHECK_STR(value.data, "ann::0:0:::");
    str_fini(&value);
    return answer;
}

TEST(a_name_service_is_asked_once_a_second)
{
    struct table *table = open_passwd();
    deadline_t begun = clock_now();

    for (int i = 0; i < 100; i++) {
        CHECK_INT(ask(table, "Ann"), FOUND);
        CHECK_INT(ask(table, "bob"), ABSENT);
    }
    CHECK(asked <= 2 + 2 * (clock_now() - begun) / 1000);
    clock_sleep_ms(1001);
    asked = 0;
    CHECK_INT(ask(table, "ann"), FOUND);
    CHECK_INT(asked, 1);
    table_close(table);
}

TEST(a_failure_is_not_remembered)
{
    struct table *table = open_passwd();

    down = true;
    CHECK_INT(ask(table, "ann"), FAILED);
    down = false;
    CHECK_INT(ask(table, "ann"), FOUND);
    table_close(table);
}

TEST(no_more_than_a_thousand_answers_are_kept)
{
    struct table *table = open_passwd();
    char name[20];

    for (int i = 0; i < 1001; i++) {
        snprintf(name, sizeof(name), "n%d", i);
        CHECK_INT(ask(table, name), ABSENT);
    }
    asked = 0;
    ask(table, "n0");
    CHECK_INT(asked, 1);
    table_close(table);
}
