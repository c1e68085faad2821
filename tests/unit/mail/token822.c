/* SPDX-License-Identifier: ISC
 *
 * Headers with odd addresses. What is wanted is what Postfix prints when a
 * rewrite appends "@o" to each address without a domain.
 */
#include "mail/token822.h"

#include <stdint.h>
#include <string.h>

#include "mail/quote.h"
#include "test.h"

static void append_origin(struct token822 **spec, void *context)
{
    struct arena *arena = context;
    struct token822 *token = *spec, *at = NULL;

    for (; token != NULL; token = token->next)
        if (token->kind == TOKEN_SPECIAL && token->text[0] == '@')
            at = token;
    char *local = token822_unquoted(arena, *spec);
    if (at == NULL && *local != 0)
        *spec = token822_scan(
            arena, quote_822_dup(arena, arena_printf(arena, "%s@o", local)),
            SIZE_MAX);
}

static const char *rewrite(struct arena *arena, const char *value)
{
    struct token822 *list = token822_parse(arena, value, SIZE_MAX);
    struct str out = STR_EMPTY;

    token822_each_address(list, append_origin, arena);
    token822_format(&out, list);
    char *copy = arena_strdup(arena, out.data);
    str_fini(&out);
    return copy;
}

TEST(token822_rewrites_as_postfix)
{
    static const struct {
        const char *value, *want;
    } cases[] = {
        { "simple", "simple@o" },
        { "John Doe <john>, mary, \"Quoted, Phrase\" <bob>",
          "John Doe <john@o>, mary@o, \"Quoted, Phrase\" <bob@o>" },
        { "john (comment)", "john@o (comment)" },
        { "group: a, b@c;, e", "group: a@o, b@c;, e@o" },
        { "undisclosed-recipients:;, a", "undisclosed-recipients: ;, a@o" },
        { "\"unterminated <a>", "\"unterminated <a>\"@o" },
        { "a <b", "\"a <b\"@o" },
        { "<a", "\"<a\"@o" },
        { "a>", "a@o>" },
        { ">, x", ">, x@o" },
        { "a (unterminated", "a@o (unterminated" },
        { "first last", "first@o, last@o" },
        { "a b@c d", "a@o, b@c, d@o" },
        { "<a> <b>", "<a@o> <b@o>" },
        { "<a>b", "<a@o>, b@o" },
        { "a <b>c <d>", "a <b@o>c <d@o>" },
        { "a, , b,", "a@o, , b@o, " },
        { "a; b", "a@o;, b@o" },
        { "a\\ b", "\"a b\"@o" },
        { "a\\\n b@c", "\"a \"@o, b@c" }, /* no line may end there */
        { "a\\\"b", "\"a\\\"b\"@o" },
        { "Joe Q. Public <joe>", "Joe Q.Public <joe@o>" },
        { "Hello! World <joe>", "Hello!World <joe@o>" },
        { "joe@a . b . c, x", "joe@a.b.c, x@o" },
        { "<joe> (comment) \"trailing\"", "<joe@o>, trailing@o (comment)" },
        { ":, x", "\":\"@o, x@o" },
        { "a:b:c;d", "a:b: c@o;, d@o" },
        { "g: g2: a;;", "g:g2: a@o;;" },
        { "g: a", "\"g:a\"@o" },
        { "[lit], x", "\"[lit]\"@o, x@o" },
        { "x, a@[1.2.3.4", "x@o, a@[1.2.3.4]" },
        { "(c1) john (c2) @ (c3) dom (c4), x",
          "john@dom (c1) (c2) (c3) (c4), x@o" },
        { "(c1) <x (c2) @ (c3) dom> (c4), x",
          "(c1) <x@dom (c2) (c3)>(c4), x@o" },
        { "<a@b>(c)(d), x", "<a@b>(c) (d), x@o" },
        { "foo <>, b", "foo <>, b@o" },
        { "a <<b>>", "a < <\"b>\"@o>" },
        { "a <b, c>", "a <\"b, c\"@o>" },
        { "<a>:<b>;, x", "<a>: <b@o>;, x@o" },
        { "Foo:Bar <j>", "Foo@o:Bar <j@o>" },
        { "Foo:Bar <j>;", "Foo: Bar <j@o>;" },
        { "a (c\n d) x", "a@o, x@o (c  d)" },
        { "\"a\n\tb\" <x>", "\"a  b\" <x@o>" },
        { "(c) g (d) : (e) a (f) ; (g), x",
          "(c) g (d): a@o (e) (f);(g), x@o" },
        { "\"\", x", "\"\", x@o" },
        { "a\\", "a@o" },
        { "\"a\\", "a@o" },
        /* A command of sendmail's style. */
        { "|\"cmd arg\", x", "\"|cmd arg\"@o, x@o" },
        { "\\root, |\"cmd\" | /bin/x",
          "root@o, |cmd|/bin/x@o" },
        /* Atoms of one address belong together, other words do not. */
        { "<a b>, <\"a\" b@c>", "<ab@o>, <\"a\" b@c>" },
        { "<\"a\" \"b\">, <a [b]>", "<\"a b\"@o>, <\"a [b]\"@o>" },
        { "x, a@[b\\]c]", "x@o, a@[b]c]" },
        { "x, a@(c)", "x@o, a@ (c)" },
        /* All on the left of a '>' without its partner is the address. */
        { "x; a b>, c", "\"x;ab\"@o>, c@o" },
        { "a (x)> b", "a@o (x)>, b@o" },
        /* The name of a group begins after a comma. */
        { "a:b;c:d;", "a:b;c: d@o;" },
        { "e, a:b, c:d;", "e@o, a: b@o, c: d@o;" },
        { "", "" },
        { "(", "(" },
        { "\"", "\"\"" },
    };
    struct arena *arena = arena_new();

    for (size_t i = 0; i < COUNT(cases); i++)
        CHECK_STR(rewrite(arena, cases[i].value), cases[i].want);
    arena_free(arena);
}

TEST(token822_folds_below_70_columns)
{
    struct arena *arena = arena_new();
    struct str out = STR_EMPTY;

    str_set(&out, "To: ");
    token822_format(
        &out,
        token822_parse(arena,
                       "a1234567@bbbbbbbbbbbbb, "
                       "a1234567@bbbbbbbbbbbbbbbbb, c@origin.test",
                       100));
    CHECK_INT(out.length, 69);
    CHECK(strchr(out.data, '\n') == NULL);
    str_set(&out, "To: ");
    token822_format(
        &out,
        token822_parse(arena,
                       "a1234567@bbbbbbbbbbbbb, "
                       "a1234567@bbbbbbbbbbbbbbbbbb, c@origin.test",
                       100));
    CHECK(strstr(out.data, ",\n\tc@origin.test") != NULL);
    str_fini(&out);
    arena_free(arena);
}

TEST(token822_limits_tokens)
{
    struct arena *arena = arena_new();
    size_t count = 0;

    for (struct token822 *t = token822_scan(arena, "a,b,c,d", 3); t; t = t->next)
        count++;
    CHECK_INT(count, 3);
    arena_free(arena);
}
