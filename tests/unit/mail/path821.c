/* SPDX-License-Identifier: ISC
 *
 * Paths as clients send them; what is wanted is what Postfix answers.
 */
#include "mail/path821.h"

#include "config.h"
#include "test.h"

static const char *read_path(struct arena *arena, const char *text,
                             unsigned flags)
{
    char *address;
    const char *why;

    return path821_parse(arena, text, flags, &address, &why) ? address : NULL;
}

TEST(path821_reads_paths)
{
    static const struct {
        const char *text, *want, *strict;
    } cases[] = {
        { "<>", "", "" },
        { "<a@b>", "a@b", "a@b" },
        { "a@b", "a@b", NULL },
        { "< a@b >", "a@b", "a@b" },
        { "<a@b", NULL, NULL },
        { "<a b>", NULL, NULL },
        { "<(c)a@b>", "a@b", NULL },
        { "<@a,@b:c@d>", "c@d", "c@d" }, /* RFC 5321, appendix C */
        { "<\"a b\"@c>", "a b@c", "a b@c" },
        { "<\"a b@c>", NULL, NULL },
        { "<a\"b\"@c>", NULL, NULL },
        { "<a\\@b@c>", "a@b@c", "a@b@c" },
        { "<a@b@c>", "a@b@c", "a@b@c" },
        { "<@b>", "@b", NULL },
        { "<a@>", NULL, NULL },
        { "<a>", "a", "a" },
        { "<.a@c>", ".a@c", ".a@c" },
        { "<a@.c>", NULL, NULL },
        { "<a@c.>", "a@c.", "a@c." },
        { "<a@c..d>", NULL, NULL },
        { "<a@[1.2.3.4]>", "a@[1.2.3.4]", "a@[1.2.3.4]" },
        { "<a@[1.2.3]>", NULL, NULL },
        { "<a@[IPv6:::1]>", "a@[IPv6:::1]", "a@[IPv6:::1]" },
        { "<a@[::1]>", NULL, NULL },
        { "<a@1.2.3.4>", NULL, NULL },
        { "<a@b.123>", "a@b.123", "a@b.123" },
        { "<a@b_c>", "a@b_c", "a@b_c" },
        { "<a@-b>", NULL, NULL },
        { "<a@b,c@d>", NULL, NULL },
        { "<a@b>,", "a@b", NULL },
        { "<a@b><c@d>", NULL, NULL },
        { "<a;b@c>", NULL, NULL },
        { "<a:b@c>", "a:b@c", "a:b@c" },
        { "a:b;", "b", NULL },
        { "<<a@b>>", "a@b", "a@b" },
        { "<Joe <a@b>>", "a@b", NULL },
        { "<\"\"@c>", "@c", NULL },
        { "<a(b@c>", "a", NULL },
        { "<[a]@b>", "[a]@b", "[a]@b" },
        { "<a@b/c>", NULL, NULL },
        { "<a@b>x", NULL, NULL },
        { "x<a@b>", "a@b", NULL },
        { "<a\\>", NULL, NULL },
        { "<@a,@b>", NULL, NULL },
        { ";", "", NULL },
    };
    struct arena *arena = arena_new();

    for (size_t i = 0; i < COUNT(cases); i++) {
        CHECK_STR(read_path(arena, cases[i].text, 0), cases[i].want);
        CHECK_STR(read_path(arena, cases[i].text, PATH821_STRICT),
                  cases[i].strict);
    }
    arena_free(arena);
}

/* As Postfix has it for VRFY. */
TEST(path821_may_take_what_nothing_closes)
{
    static const struct {
        const char *text, *want;
    } cases[] = {
        { "<a@b", "<a@b" },      { "<", "<" },
        { "\"a b@c", "a b@c" },  { "a <b@c", "a<b@c" },
        { "<a@b>", "a@b" },      { "a@b>", "a@b" },
        { "<a b@c", NULL },      { "<a@-b", NULL },
    };
    struct arena *arena = arena_new();

    for (size_t i = 0; i < COUNT(cases); i++)
        CHECK_STR(read_path(arena, cases[i].text, PATH821_UNCLOSED),
                  cases[i].want);
    arena_free(arena);
}

TEST(path821_takes_utf8_domains_only_on_demand)
{
    struct arena *arena = arena_new();

    CHECK_STR(read_path(arena, "<a@b\xc3\xa4.test>", 0), NULL);
#ifdef HAVE_IDN2
    CHECK_STR(read_path(arena, "<a@b\xc3\xa4.test>", PATH821_UTF8),
              "a@b\xc3\xa4.test");
#endif
    CHECK_STR(read_path(arena, "<\xc3\xa4@b>", 0), "\xc3\xa4@b");
    arena_free(arena);
}
