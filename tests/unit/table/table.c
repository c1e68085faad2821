/* SPDX-License-Identifier: ISC
 *
 * table.c - tests of lookups in tables of each type, and of lists of tables.
 */

#include "table/table.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include "table/builder.h"
#include "table/driver.h"
#include "table/maps.h"
#include "test.h"

static char answer_text[8192];

static const char *ask_flags(const char *name, unsigned flags, const char *key)
{
    struct error why = ERROR_NONE;
    struct table *table = table_open(name, TABLE_READ, flags, &why);
    struct str value = STR_EMPTY;

    if (table == NULL)
        return "refused";
    enum answer answer = table_get(table, key, &value);
    snprintf(answer_text, sizeof(answer_text), "%s",
             answer == FOUND    ? value.data
             : answer == ABSENT ? "(absent)"
                                : "(failed)");
    str_fini(&value);
    table_close(table);
    return answer_text;
}

static const char *ask(const char *name, const char *key)
{
    return ask_flags(name, TABLE_FOLD | TABLE_UTF8, key);
}

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");

    fputs(text, file);
    fclose(file);
}

static bool has_type(const char *type)
{
    return driver_find(type, NULL) != NULL;
}

TEST(tables_in_their_names)
{
    static const struct {
        const char *table, *key, *want;
    } cases[] = {
        { "static:text", "any", "text" },
        { "static:{ a b }", "any", "a b" },
        { "static:a,b", "any", "a,b" },
        { "randmap:{one,one}", "any", "one" },
        { "randmap:{}", "any", "(failed)" },
        { "inline:{a=b, {C D = e f}}", "a", "b" },
        { "inline:{a=b, {C D = e f}}", "c d", "e f" },
        { "inline:{a=b}", "A", "b" },
        { "inline:{a=b}", "b", "(absent)" },
        { "inline:{}", "a", "(failed)" },
        { "inline:{a}", "a", "(failed)" },
        { "inline:a=b", "a", "(failed)" },
        { "fail:x", "a", "(failed)" },
        { "internal:x", "a", "(absent)" },
        { "unix:passwd.byname", "no-such-user", "(absent)" },
        { "unix:nothing", "root", "(failed)" },
        { "unionmap:{inline:{a=1},inline:{a=2},inline:{b=3}}", "a", "1,2" },
        { "unionmap:{inline:{a=1},inline:{a=2},inline:{b=3}}", "b", "3" },
        { "unionmap:{inline:{a=1}}", "c", "(absent)" },
        { "unionmap:{inline:{a=1},fail:x}", "a", "(failed)" },
        { "unionmap:{}", "a", "(failed)" },
        { "unionmap:{static:a,foo}", "a", "(failed)" },
        { "pipemap:{inline:{a=b},inline:{b=c}}", "a", "c" },
        { "pipemap:{inline:{a=b},inline:{b=c}}", "b", "(absent)" },
        { "pipemap:{inline:{a=B},regexp:{{/^B$/i yes}}}", "a", "yes" },
        { "debug:inline:{a=b}", "A", "b" },
        { "nosuch:type", "a", "refused" },
        { "hash:", "a", "refused" },
        { ":x", "a", "refused" },
        { "x", "a", "refused" },
    };

    for (size_t i = 0; i < COUNT(cases); i++)
        CHECK_STR(ask(cases[i].table, cases[i].key), cases[i].want);
}

TEST(tables_inside_tables_have_an_end)
{
    char name[1000] = "static:x";

    for (int i = 0; i < 15; i++) {
        char inner[1000];
        snprintf(inner, sizeof(inner), "%.900s", name);
        snprintf(name, sizeof(name), "unionmap:{%.900s}", inner);
    }
    CHECK_STR(ask(name, "a"), "(failed)");
}

TEST(cidr)
{
    static const char table[] =
        "cidr:{{!10.0.0.0/8 not ten}, {if 10.1.0.0/16}, {10.1.2.3 inner},"
        "{endif}, {if !10.0.0.0/9}, {0.0.0.0/0 high}, {endif},"
        "{[2001:db8::]/32 six}, {10.0.0.1/8 bad}, {10.0.0.0/8 ten}}";
    static const struct {
        const char *key, *want;
    } cases[] = {
        { "11.0.0.1", "not ten" },    { "10.1.2.3", "inner" },
        { "10.1.2.4", "ten" },        { "10.200.0.1", "high" },
        { "2001:DB8::1", "six" },     { "2001:db9::1", "(absent)" },
        { "[10.1.2.3]", "(absent)" }, { "example.com", "(absent)" },
        { "10.1.2", "(absent)" },     { "", "(absent)" },
    };

    for (size_t i = 0; i < COUNT(cases); i++)
        CHECK_STR(ask(table, cases[i].key), cases[i].want);
}

static void check_patterns(const char *type)
{
    static const struct {
        const char *rules, *key, *want;
    } cases[] = {
        { "{/a(.)c/ <$1>}", "xABCx", "<B>" },
        { "{/a(.)c/i <$1>}", "xABCx", "(absent)" },
        { "{/(a)(b)?/ $2-${1}x$(1)}", "a", "-axa" },
        { "{/a/ cost $$1}", "a", "cost $1" },
        { "{!/a/ no}", "b", "no" },
        { "{!/a/ no}", "a", "(absent)" },
        { "{if /a/}, {/b/ both}, {endif}, {/b/ only b}", "ab", "both" },
        { "{if /a/}, {/b/ both}, {endif}, {/b/ only b}", "b", "only b" },
        { "{if !/a/}, {/b/ not a}, {endif}", "ab", "(absent)" },
        { "{if /a/}, {if /b/}, {/c/ x}, {endif}, {/./ y}, {endif}, {/./ z}",
          "a", "y" },
        { "{if /a/}, {/b/ open}", "c", "(absent)" },
        { "{endif}, {/a/ x}", "a", "x" },
        { "{/(/ bad}, {/a/ good}", "a", "good" },
        { "{/a/ $1}, {/a/ good}", "a", "good" },
        { "{/a/ $x}, {/a/ good}", "a", "good" },
        { "{/a bad}, {/a/ good}", "a", "good" },
        { "{_a_ x}", "a", "x" },
        { "{/a\\/b/ x}", "a/b", "x" },
        { "{/^b/ x}", "a\nb", "(absent)" },
        { "{/^b/m x}", "a\nb", "x" },
        { "{/a.b/ x}", "a\nb", "x" },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        char name[300];
        snprintf(name, sizeof(name), "%s:{%s}", type, cases[i].rules);
        CHECK_STR(ask(name, cases[i].key), cases[i].want);
    }
}

TEST(regexp)
{
    check_patterns("regexp");
    CHECK_STR(ask("regexp:{{/a/!/b/ x}}", "a"), "x");
    CHECK_STR(ask("regexp:{{/a/!/b/ x}}", "ab"), "(absent)");
}

TEST(pcre)
{
    if (!has_type("pcre"))
        test_skip("built without PCRE2");
    check_patterns("pcre");
    CHECK_STR(ask("pcre:{{/^(?!no-)(.*)/ $1}}", "yes"), "yes");
    /* A pattern without end is given up; that is not "no match". */
    CHECK_STR(ask("pcre:{{/(a+)+$/ x}}", "aaaaaaaaaaaaaaaaaaaaaaaaaaab"),
              "(failed)");
}

TEST(substitution_can_be_refused)
{
    CHECK_STR(ask_flags("regexp:{{/(a)/ $1}, {/a/ x}}", TABLE_NO_REGSUB, "a"),
              "x");
}

TEST(pattern_tables_are_known)
{
    static const struct test_question cases[] = {
        { "inline:{a=b}", false },
        { "regexp:{{/a/ b}}", true },
        { "cidr:{{1.2.3.4 b}}", true },
        { "unionmap:{inline:{a=b}}", false },
        { "unionmap:{inline:{a=b},regexp:{{/a/ b}}}", true },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct table *table = table_open(cases[i].text, TABLE_READ, 0, NULL);
        CHECK_INT(table_is_pattern(table), cases[i].want);
        table_close(table);
    }
}

TEST(keys_and_values_are_utf8)
{
    CHECK_STR(ask("inline:{\xc3\xa9t\xc3\xa9=x}", "\xc3\x89T\xc3\xa9"), "x");
    CHECK_STR(ask("static:x", "a\x80"), "(absent)");
    CHECK_STR(ask_flags("static:x", TABLE_FOLD, "a\x80"), "x");
    CHECK_STR(ask("static:x\xff", "a"), "(failed)");
}

TEST(texthash_reads_logical_lines)
{
    const char *path = test_path("map");
    char name[4200];

    write_file(path, " lost\n# comment\n\none 1\n  more\n\n# still\n  end\n"
                     "Two   2  \n\"a b\" quoted\n\"open x\nnovalue\none again\n"
                     "last line");
    snprintf(name, sizeof(name), "texthash:%s", path);
    CHECK_STR(ask(name, "one"), "1  more  end");
    CHECK_STR(ask(name, "TWO"), "2");
    CHECK_STR(ask(name, "\"a b\""), "quoted");
    CHECK_STR(ask(name, "novalue"), "(absent)");
    CHECK_STR(ask(name, "last"), "line");
    CHECK_STR(ask("texthash:/no/such/file", "a"), "(failed)");
}

TEST(values_can_be_files)
{
    const char *one = test_path("one");
    const char *two = test_path("two");
    char name[9000];
    struct str value = STR_EMPTY;

    write_file(one, "first");
    write_file(two, "second");
    snprintf(name, sizeof(name), "inline:{{a = %s, %s}}", one, two);
    struct table *table =
        table_open(name, TABLE_READ, TABLE_SRC_RHS_IS_FILE, NULL);
    CHECK_INT(table_get(table, "a", &value), FOUND);
    CHECK(table_decode_file(&value, NULL));
    CHECK_STR(value.data, "first\nsecond");
    table_close(table);
    table = table_open("inline:{a=!!}", TABLE_READ, 0, NULL);
    CHECK_INT(table_get(table, "a", &value), FOUND);
    CHECK(!table_decode_file(&value, NULL));
    table_close(table);

    char rules[9000];
    snprintf(rules, sizeof(rules), "192.0.2.1 %s\n192.0.2.2 %s\n", one, two);
    write_file(test_path("rules"), rules);
    write_file(two, "");
    snprintf(name, sizeof(name), "cidr:%s", test_path("rules"));
    table = table_open(name, TABLE_READ, TABLE_SRC_RHS_IS_FILE, NULL);
    CHECK_INT(table_get(table, "192.0.2.1", &value), FOUND);
    CHECK(table_decode_file(&value, NULL));
    CHECK_STR(value.data, "first");
    CHECK_INT(table_get(table, "192.0.2.2", &value), FOUND);
    CHECK(table_decode_file(&value, NULL));
    CHECK_STR(value.data, "");
    table_close(table);
    str_fini(&value);
}

/* ---- Tables in files ---- */

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

TEST(a_reader_sees_a_rebuilt_table)
{
    if (!has_type("hash"))
        test_skip("built without Berkeley DB");

    char name[4200];
    char path[4300];
    struct str value = STR_EMPTY;
    struct stat before, after;

    snprintf(path, sizeof(path), "%s.db", test_path("hash"));
    file_table("hash", name);
    fill(name, TABLE_CREATE, TABLE_BULK, first_entries);
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
    if (!has_type("hash"))
        test_skip("built without Berkeley DB");

    char name[4200];
    char path[4300];
    struct str value = STR_EMPTY;

    snprintf(path, sizeof(path), "%s.db", test_path("held"));
    snprintf(name, sizeof(name), "hash:%s", test_path("held"));
    fill(name, TABLE_CREATE, TABLE_BULK, first_entries);
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

TEST(one_table_is_opened_once)
{
    struct table *a = table_open("inline:{a=b}", TABLE_READ, 0, NULL);
    struct table *b = table_open("inline:{a=b}", TABLE_READ, 0, NULL);
    struct table *c = table_open("inline:{a=b}", TABLE_READ, TABLE_FOLD, NULL);

    CHECK(a == b);
    CHECK(a != c);
    table_close(a);
    table_close(b);
    table_close(c);
}

/* ---- Lists of tables ---- */

TEST(maps_ask_in_order)
{
    static const struct {
        const char *list, *key;
        bool fixed_only;
        const char *want;
    } cases[] = {
        { "", "a", false, "(absent)" },
        { "inline:{a=1} inline:{a=2,b=3}", "a", false, "1" },
        { "inline:{a=1}, inline:{a=2,b=3}", "b", false, "3" },
        { "{inline:{a=1}} static:x", "b", false, "x" },
        { "regexp:{{/a/ r}} inline:{a=1}", "a", false, "r" },
        { "regexp:{{/a/ r}} inline:{a=1}", "a", true, "1" },
        { "inline:{a=1} fail:x", "a", false, "1" },
        { "inline:{a=1} fail:x static:y", "b", false, "(failed)" },
        { "nosuch:x static:y", "b", false, "(failed)" },
        { "hash:/no/such/file static:y", "b", false, "(failed)" },
        { "regexp:{{/a/}} static:y", "a", false, "(failed)" },
        { "static:x", "", false, "(absent)" },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct maps *maps = maps_open("test", cases[i].list, TABLE_FOLD);
        struct str value = STR_EMPTY;
        enum answer answer =
            maps_get(maps, cases[i].key, cases[i].fixed_only, &value);
        CHECK_STR(answer == FOUND    ? value.data
                  : answer == ABSENT ? "(absent)"
                                     : "(failed)",
                  cases[i].want);
        str_fini(&value);
        maps_close(maps);
    }
}

TEST(types_are_sorted)
{
    const char *const *types = table_types();

    for (size_t i = 0; types[i] != NULL && types[i + 1] != NULL; i++)
        CHECK(strcmp(types[i], types[i + 1]) < 0);
}
