/* SPDX-License-Identifier: ISC
 *
 * match_list.c - tests of lists of names, domains, hosts and networks.
 */

#include "table/match_list.h"

#include <stdio.h>

#include "test.h"

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");

    fputs(text, file);
    fclose(file);
}

static const char *ask(const char *list, enum match_kind kind, unsigned flags,
                       const char *name, const char *address)
{
    struct match_list *l = match_list_open("test", list, kind, flags);
    enum answer answer = match_list_has(l, name, address, NULL);

    match_list_close(l);
    return answer == FOUND ? "found" : answer == ABSENT ? "absent" : "failed";
}

TEST(domains)
{
    static const struct {
        const char *list;
        unsigned flags;
        const char *name, *want;
    } cases[] = {
        { "", 0, "example.com", "absent" },
        { "example.com", 0, "example.com", "found" },
        { "Example.COM", 0, "eXAMPLE.com", "found" },
        { "example.com", 0, "a.example.com", "absent" },
        { "example.com", MATCH_PARENT, "a.example.com", "found" },
        { "example.com", MATCH_PARENT, "anexample.com", "absent" },
        { ".example.com", 0, "a.example.com", "found" },
        { ".example.com", 0, "example.com", "absent" },
        { ".example.com", MATCH_PARENT, "a.example.com", "absent" },
        { "!a.example.com, example.com", MATCH_PARENT, "a.example.com",
          "absent" },
        { "!a.example.com, example.com", MATCH_PARENT, "b.example.com",
          "found" },
        { "!!example.com", 0, "example.com", "found" },
        { "inline:{example.com=x}", 0, "example.com", "found" },
        { "inline:{example.com=x}", 0, "a.example.com", "absent" },
        { "inline:{example.com=x}", MATCH_PARENT, "a.example.com", "found" },
        { "inline:{.example.com=x}", 0, "a.b.example.com", "found" },
        { "{inline:{ {a.example = x y} }}", 0, "a.example", "found" },
        { "regexp:{{/^example.com$/ x}}", MATCH_PARENT, "a.example.com",
          "absent" },
        { "fail:x example.com", 0, "example.com", "failed" },
        { "example.com fail:x", 0, "example.com", "found" },
        { "nosuchtype:x", 0, "example.com", "failed" },
        { "/no/such/file", 0, "example.com", "failed" },
        { "/", 0, "example.com", "failed" }, /* no file, but it can be opened */
        { "static:x", 0, "", "absent" },
    };

    for (size_t i = 0; i < COUNT(cases); i++)
        CHECK_STR(ask(cases[i].list, MATCH_DOMAIN, cases[i].flags,
                      cases[i].name, NULL),
                  cases[i].want);
}

TEST(hosts_and_addresses)
{
    static const struct {
        enum match_kind kind;
        const char *list, *name, *address, *want;
    } cases[] = {
        { MATCH_ADDRESS, "127.0.0.0/8", NULL, "127.1.2.3", "found" },
        { MATCH_ADDRESS, "127.0.0.0/8", NULL, "128.1.2.3", "absent" },
        { MATCH_ADDRESS, "127.0.0.0/8", NULL, "::1", "absent" },
        { MATCH_ADDRESS, "[::1]/128", NULL, "::1", "found" },
        { MATCH_ADDRESS, "[::1]", NULL, "0:0::1", "found" },
        { MATCH_ADDRESS, "[2001:db8::]/32", NULL, "2001:db8:1::1", "found" },
        { MATCH_ADDRESS, "!10.0.0.1 10.0.0.0/8", NULL, "10.0.0.1", "absent" },
        { MATCH_ADDRESS, "!10.0.0.1 10.0.0.0/8", NULL, "10.0.0.2", "found" },
        { MATCH_ADDRESS, "127.0.0.1/8", NULL, "127.0.0.1", "failed" },
        { MATCH_ADDRESS, "10.0.0.0/33", NULL, "127.0.0.1", "failed" },
        { MATCH_ADDRESS, "cidr:{{10.0.0.0/8 x}}", NULL, "10.1.1.1", "found" },
        { MATCH_ADDRESS, "inline:{10.1.1.1=x}", NULL, "10.1.1.1", "found" },
        { MATCH_ADDRESS, "localhost", "localhost", "10.1.1.1", "absent" },
        { MATCH_HOST, "localhost", "localhost", "10.1.1.1", "found" },
        { MATCH_HOST, "10.1.1.1", "localhost", "10.1.1.1", "found" },
        { MATCH_HOST, "10.0.0.0/8", "localhost", "10.1.1.1", "found" },
        { MATCH_HOST, ".example.com", "a.example.com", "10.1.1.1", "found" },
        { MATCH_HOST, "!10.0.0.0/8 a.example", "a.example", "10.1.1.1",
          "absent" },
        { MATCH_HOST, "10.1.1.1", NULL, "10.1.1.1", "found" },
        { MATCH_STRING, "root, postfix", "postfix", NULL, "found" },
        { MATCH_STRING, ".b", "a.b", NULL, "absent" },
        { MATCH_STRING, "static:all", "any", NULL, "found" },
    };

    for (size_t i = 0; i < COUNT(cases); i++)
        CHECK_STR(ask(cases[i].list, cases[i].kind, 0, cases[i].name,
                      cases[i].address),
                  cases[i].want);
}

TEST(files)
{
    char list[4200];
    const char *path = test_path("list");

    write_file(path, "# a comment\n  one.example,two.example\n\n!three.example "
                     "inline:{\n  four.example=x\n}\n");
    snprintf(list, sizeof(list), "%s three.example", path);
    CHECK_STR(ask(list, MATCH_DOMAIN, 0, "two.example", NULL), "found");
    CHECK_STR(ask(list, MATCH_DOMAIN, 0, "three.example", NULL), "absent");
    CHECK_STR(ask(list, MATCH_DOMAIN, 0, "four.example", NULL), "found");
    snprintf(list, sizeof(list), "!%s static:x", path);
    CHECK_STR(ask(list, MATCH_DOMAIN, 0, "one.example", NULL), "absent");
    CHECK_STR(ask(list, MATCH_DOMAIN, 0, "three.example", NULL), "found");
    CHECK_STR(ask(list, MATCH_DOMAIN, 0, "other.example", NULL), "found");
}

TEST(a_file_that_names_itself_ends)
{
    char text[4200];
    const char *path = test_path("list");

    snprintf(text, sizeof(text), "%s\n", path);
    write_file(path, text);
    CHECK_STR(ask(path, MATCH_DOMAIN, 0, "a.example", NULL), "failed");
}

TEST(the_value_of_a_table)
{
    struct match_list *l =
        match_list_open("test", "inline:{{a = one two}}", MATCH_STRING, 0);
    struct str value = STR_EMPTY;

    CHECK_INT(match_list_has(l, "A", NULL, &value), FOUND);
    CHECK_STR(value.data, "one two");
    str_fini(&value);
    match_list_close(l);
    CHECK(match_list_is_empty(NULL));
}
