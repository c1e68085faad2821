/* SPDX-License-Identifier: ISC
 *
 * table_files.c - tests of tables in files: building, updating, and reading
 * while somebody does that.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include "ask.h"
#include "table/table.h"
#include "test.h"

static void fill(const char *name, enum table_mode mode, unsigned flags,
                 const char *const *entries)
{
    struct table *table = table_open(name, mode, flags, NULL);

    CHECK_STR(table_error(table), "");
    for (; *entries != NULL; entries += 2)
        CHECK(table_put(table, entries[0], entries[1]) != FAILED);
    CHECK(table_commit(table));
    table_close(table);
}

static int count_entries(const char *name)
{
    struct table *table = table_open(name, TABLE_READ, 0, NULL);
    struct str key = STR_EMPTY;
    struct str value = STR_EMPTY;
    int count = 0;

    while (table_next(table, count == 0, &key, &value) == FOUND)
        count++;
    str_fini(&key);
    str_fini(&value);
    table_close(table);
    return count;
}

static const char *const first_entries[] = { "Key", "value", "other", "x",
                                             "Key", "again", NULL };
static const char *const second_entries[] = { "key", "new", "third", "3",
                                              NULL };

static const char *file_table(const char *type, char name[4200])
{
    snprintf(name, 4200, "%s:%s", type, test_path(type));
    return name;
}

TEST(tables_are_built_and_read)
{
    static const char *const types[] = { "hash", "btree", "lmdb", "cdb" };
    char name[4200];

    for (size_t i = 0; i < COUNT(types); i++) {
        if (!has_type(types[i]))
            continue;
        file_table(types[i], name);
        CHECK_STR(ask(name, "key"), "(failed)");
        fill(name, TABLE_CREATE, TABLE_FOLD | TABLE_BULK, first_entries);
        CHECK_STR(ask(name, "KEY"), "value");
        CHECK_STR(ask(name, "nothing"), "(absent)");
        CHECK_STR(ask(name, ""), "(absent)");
        CHECK_STR(ask_flags(name, 0, "Key"), "(absent)");
        CHECK_INT(count_entries(name), 2);
        fill(name, TABLE_CREATE, TABLE_FOLD | TABLE_BULK | TABLE_DUP_REPLACE,
             first_entries);
        CHECK_STR(ask(name, "KEY"), "again");
        fill(name, TABLE_CREATE, TABLE_FOLD | TABLE_BULK, second_entries);
        CHECK_STR(ask(name, "key"), "new");
        CHECK_STR(ask(name, "other"), "(absent)");
    }
}

TEST(tables_are_updated)
{
    static const char *const types[] = { "hash", "btree", "lmdb" };
    char name[4200];

    for (size_t i = 0; i < COUNT(types); i++) {
        if (!has_type(types[i]))
            continue;
        file_table(types[i], name);
        fill(name, TABLE_UPDATE, TABLE_FOLD, first_entries);
        CHECK_STR(ask(name, "key"), "value");
        fill(name, TABLE_UPDATE, TABLE_FOLD | TABLE_DUP_REPLACE,
             second_entries);
        CHECK_STR(ask(name, "key"), "new");
        CHECK_STR(ask(name, "other"), "x");

        struct table *table = table_open(name, TABLE_UPDATE, TABLE_FOLD, NULL);
        CHECK_INT(table_del(table, "KEY"), FOUND);
        CHECK_INT(table_del(table, "key"), ABSENT);
        CHECK_INT(table_put(table, "third", "x"), ABSENT);
        table_close(table);
        CHECK_STR(ask(name, "key"), "(absent)");
        CHECK_INT(count_entries(name), 2);
    }
}

/* Long enough ago that the file's time tells its versions apart. */
static void make_old(const char *path, int seconds)
{
    struct timeval times[2];

    gettimeofday(&times[0], NULL);
    times[0].tv_sec -= seconds;
    times[1] = times[0];
    utimes(path, times);
}

/* With first_entries; skips the test if there is no such type. */
static void make_hash(char name[4200], char path[4300])
{
    if (!has_type("hash"))
        test_skip("built without Berkeley DB");
    snprintf(path, 4300, "%s.db", test_path("hash"));
    fill(file_table("hash", name), TABLE_CREATE, TABLE_BULK, first_entries);
}

TEST(a_reader_sees_a_rebuilt_table)
{
    char name[4200];
    char path[4300];
    struct str value = STR_EMPTY;
    struct stat before, after;

    make_hash(name, path);
    make_old(path, 60);
    stat(path, &before);
    struct table *reader = table_open(name, TABLE_READ, 0, NULL);
    for (int i = 0; i < 100; i++) /* it is loaded into memory meanwhile */
        CHECK_INT(table_get(reader, "other", &value), FOUND);
    CHECK(!table_any_changed());

    fill(name, TABLE_CREATE, TABLE_BULK, second_entries);
    stat(path, &after);
    CHECK(after.st_ino != before.st_ino);
    usleep(20000);
    CHECK_INT(table_get(reader, "other", &value), ABSENT);
    CHECK_INT(table_get(reader, "third", &value), FOUND);
    CHECK_STR(value.data, "3");
    CHECK(table_any_changed());
    table_close(reader);
    str_fini(&value);
}

static bool is_locked(const char *path)
{
    int fd = open(path, O_RDONLY);
    bool locked = flock(fd, LOCK_EX | LOCK_NB) != 0;

    close(fd);
    return locked;
}

/* While it holds the table nobody writes it; then all is as ever. */
TEST(a_reader_of_many_keys_holds_the_table)
{
    char name[4200];
    char path[4300];
    struct str value = STR_EMPTY;

    make_hash(name, path);
    struct table *reader = table_open(name, TABLE_READ, 0, NULL);
    table_hold(reader, true);
    CHECK(!is_locked(path)); /* not before the first lookup */
    CHECK_INT(table_get(reader, "other", &value), FOUND);
    CHECK(is_locked(path));
    CHECK_INT(table_get(reader, "third", &value), ABSENT);
    table_hold(reader, false);
    CHECK(!is_locked(path));
    fill(name, TABLE_CREATE, TABLE_BULK, second_entries);
    table_hold(reader, true);
    CHECK_INT(table_get(reader, "third", &value), FOUND);
    table_hold(reader, false);
    CHECK(!is_locked(path));
    table_close(reader);
    str_fini(&value);
}

/* What takes the place of a table is damaged. */
TEST(a_reader_that_holds_the_table_finds_it_damaged)
{
    if (!has_type("hash"))
        test_skip("built without Berkeley DB");

    char name[4200];
    char path[4300];
    struct str value = STR_EMPTY;

    snprintf(path, sizeof(path), "%s.db", file_table("hash", name) + 5);
    fill(name, TABLE_CREATE, TABLE_BULK, first_entries);
    struct table *reader = table_open(name, TABLE_READ, 0, NULL);
    CHECK_INT(table_get(reader, "other", &value), FOUND);
    write_file(test_path("new"), "no database");
    CHECK_INT(rename(test_path("new"), path), 0);
    table_hold(reader, true);
    CHECK_INT(table_get(reader, "other", &value), FAILED);
    CHECK_INT(table_get(reader, "other", &value), FAILED);
    table_hold(reader, false);
    table_close(reader);
    str_fini(&value);
}

/* As postmap updates: readers have the old table until all is done. */
TEST(an_update_is_seen_as_a_whole)
{
    if (!has_type("hash"))
        test_skip("built without Berkeley DB");

    char name[4200], path[4300];
    struct str value = STR_EMPTY;

    snprintf(path, sizeof(path), "%s.db", file_table("hash", name) + 5);
    fill(name, TABLE_CREATE, TABLE_BULK, first_entries);
    struct table *reader = table_open(name, TABLE_READ, 0, NULL);
    struct table *table = table_open(name, TABLE_UPDATE, TABLE_BULK, NULL);
    CHECK(is_locked(path)); /* against those who write in place */
    CHECK_INT(table_put(table, "fourth", "4"), FOUND);
    CHECK_INT(table_del(table, "other"), FOUND);
    CHECK_INT(table_get(table, "fourth", &value), FOUND);
    CHECK_INT(table_get(reader, "fourth", &value), ABSENT);
    CHECK_INT(table_get(reader, "other", &value), FOUND);
    CHECK(table_commit(table));
    table_close(table);
    CHECK(!is_locked(path));
    CHECK_INT(table_get(reader, "fourth", &value), FOUND);
    CHECK_INT(table_get(reader, "other", &value), ABSENT);

    table = table_open(name, TABLE_UPDATE, TABLE_BULK, NULL);
    CHECK_INT(table_put(table, "fifth", "5"), FOUND);
    table_close(table); /* without commit */
    CHECK_INT(table_get(reader, "fifth", &value), ABSENT);
    CHECK_INT(table_get(reader, "fourth", &value), FOUND);
    table_close(reader);
    str_fini(&value);
}

TEST(an_unfinished_build_leaves_nothing)
{
    char name[4200];

    if (!has_type("hash"))
        test_skip("built without Berkeley DB");
    file_table("hash", name);
    struct table *table = table_open(name, TABLE_CREATE, TABLE_BULK, NULL);
    CHECK_INT(table_put(table, "a", "b"), FOUND);
    table_close(table);
    CHECK_STR(ask(name, "a"), "(failed)");
}

TEST(nul_or_not)
{
    char name[4200];

    if (!has_type("hash"))
        test_skip("built without Berkeley DB");
    file_table("hash", name);
    fill(name, TABLE_CREATE, TABLE_BULK | TABLE_WITHOUT_NUL, second_entries);
    CHECK_STR(ask_flags(name, 0, "key"), "new");
    CHECK_STR(ask_flags(name, TABLE_WITH_NUL, "key"), "(absent)");
    CHECK_STR(ask_flags(name, TABLE_WITHOUT_NUL, "key"), "new");
}

TEST(many_entries)
{
    static const char *const types[] = { "hash", "btree", "lmdb", "cdb" };
    char name[4200];
    char key[50];

    for (size_t i = 0; i < COUNT(types); i++) {
        if (!has_type(types[i]))
            continue;
        file_table(types[i], name);
        struct table *table = table_open(name, TABLE_CREATE, TABLE_BULK, NULL);
        for (int n = 0; n < 30000; n++) {
            snprintf(key, sizeof(key), "user%d@example.com", n * 7919);
            CHECK_INT(table_put(table, key, key + 4), FOUND);
        }
        CHECK(table_commit(table));
        table_close(table);
        CHECK_INT(count_entries(name), 30000);
        CHECK_STR(ask_flags(name, 0, key), key + 4);
    }
}
