/* SPDX-License-Identifier: ISC
 *
 * table.c - tests of lookups in tables of each type, and of lists of tables.
 */

#include "table/table.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ask.h"
#include "config/defaults.h"
#include "table/driver.h"
#include "table/maps.h"
#include "test.h"

const char *ask_flags(const char *name, unsigned flags, const char *key)
{
    struct error why = ERROR_NONE;
    struct table *table = table_open(name, TABLE_READ, flags, &why);
    struct str value = STR_EMPTY;
    static char answer_text[8192];

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

const char *ask(const char *name, const char *key)
{
    return ask_flags(name, TABLE_FOLD | TABLE_UTF8, key);
}

void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");

    fputs(text, file);
    fclose(file);
}

bool has_type(const char *type)
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

TEST(default_types_are_built_in)
{
    CHECK(has_type(DEF_CACHE_DB_TYPE));
    CHECK(has_type("nis") == (strstr(DEF_ALIAS_MAPS, "nis:") != NULL));
    if (!has_type("hash") && !has_type("lmdb") && !has_type("cdb") &&
        !has_type("dbm"))
        test_skip("built without a type that postmap makes");
    CHECK(has_type(DEF_DB_TYPE));
}

TEST(keys_and_values_are_utf8)
{
#ifdef HAVE_ICU
    CHECK_STR(ask("inline:{\xc3\xa9t\xc3\xa9=x}", "\xc3\x89T\xc3\xa9"), "x");
#endif
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
