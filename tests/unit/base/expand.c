/* SPDX-License-Identifier: ISC
 *
 * expand.c - tests of base/expand.h. The results are those of postconf(1).
 */
#include "base/expand.h"

#include <stdio.h>
#include <string.h>

#include "test.h"

static const char *value_of(const char *name, void *context)
{
    static const struct { const char *name, *value; } values[] = {
        { "five", "5" },          { "abc", "ABC" },
        { "empty", "" },          { "e1", "$empty" },
        { "e2", "$five$$five" },  { "compatibility_level", "3.10" },
        { "loop", "${loop}" },    { "odd", "a;b c" },
    };
    (void)context;
    for (size_t i = 0; i < COUNT(values); i++)
        if (strcmp(values[i].name, name) == 0)
            return values[i].value;
    return NULL;
}

static struct str result = STR_EMPTY;

/* The expanded text, or the reason after "!". */
static const char *expanded(const char *text, bool recursive,
                            const char *filter)
{
    struct expand_options options = { .lookup = value_of, .filter = filter,
                                      .recursive = recursive };
    struct error why = ERROR_NONE;
    str_clear(&result);
    if (!expand_text(&result, text, &options, NULL, &why))
        str_setf(&result, "!%s", why.text);
    return result.data;
}

struct row {
    const char *text, *want;
};

static void check_rows(const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++)
        CHECK_STR(expanded(rows[i].text, true, NULL), rows[i].want);
}

TEST(expand_names)
{
    static const struct row rows[] = {
        { "", "" },               { "plain {text} (x)", "plain {text} (x)" },
        { "$five", "5" },         { "$(five)", "5" },
        { "${five}x", "5x" },     { "$$five", "$five" },
        { "$$$five", "$5" },      { "${undefined}", "" },
        { "$undefined.x", ".x" }, { "$five-x", "5-x" },
        { "${ five }", "5" },     { "${five  }", "5" },
        { "${five}}", "5}" },     { "$e2", "5$five" },
        { "$e1", "" },            { "${ }", "" },
    };
    check_rows(rows, COUNT(rows));
}

TEST(expand_choices)
{
    static const struct row rows[] = {
        { "${five?yes}", "yes" },
        { "${empty?a}b", "b" },
        { "${empty:a}b", "ab" },
        { "${five:x}z", "z" },
        { "${five?{a}:{b}}", "a" },
        { "${empty?{a}:{b}}", "b" },
        { "${empty?{a}:b c}", "b c" },
        { "${five ? { a } : { b } }", " a " },
        { "${five ?a b }x", "a b x" },
        { "[${five? x }b]", "[ x b]" },
        { "${ five?{x}}", "x" },
        { "${five?{$abc}:{$nothing}}", "ABC" },
        { "${five?a{b}c}", "a{b}c" },
        { "${five?}x", "x" },
        { "${five?:}", ":" },
        { "${five?a:b}", "a:b" },
        { "${empty?a:b}z", "z" },
        { "${five?{a}:}z", "az" },
        { "${five?{}:{x}}z", "z" },
        { "${five?{{a}}:{}}", "{a}" },
        { "$(five?(a):(b))", "(a):(b)" },
        { "$(five?{a}:{b})", "a" },
        { "${abc?{a)}:{b}}", "a)" },
        { "${e1?yes}", "yes" },
        { "${e1:no}", "" },
        { "${undefined:x}", "x" },
        { "${?x}", "" },
        { "${:x}", "x" },
        { "\t${\tfive?\tx}", "\t\tx" },
    };
    check_rows(rows, COUNT(rows));
}

TEST(expand_comparisons)
{
    static const struct row rows[] = {
        { "${{5} == {05} ? {a} : {b}}", "a" },
        { "${{$five} < {10} ? {a} : {b}}", "a" },
        { "${{x} < {10} ? {a} : {b}}", "b" },
        { "${{3.9} < {3.10} ? {a} : {b}}", "b" },
        { "${{a} == {a}}x", "truex" },
        { "${{a} != {a}}x", "x" },
        { "[${{a} ==  {a}  }]", "[true]" },
        { "${{a} == {a} ?yes}", "yes" },
        { "${{a} == {a} : {yes}}x", "x" },
        { "${{a} == {b} :yes}x", "yesx" },
        { "${{a}=={a}?{yes}:{no}}", "yes" },
        { "${{ a } == {a} ? {yes} : {no}}", "no" },
        { "${{} == {} ? {x}}z", "xz" },
        { "${{a} == {b} ? {x}}z", "z" },
        { "${{-1} < {1} ? {x} : {y}}", "x" },
        { "${{1 } == {01} ? {x} : {y}}", "y" },
        { "${{+5} < {10} ? {x} : {y}}", "x" },
        { "${{} < {1} ? {x} : {y}}", "x" },
        { "${{abc} < {abd} ? {x} : {y}}", "x" },
        { "${{A} == {a} ? {x} : {y}}", "y" },
        { "${{2} >= {10} ? {x} : {y}}", "y" },
        { "${{10} > {2} ? {x} : {y}}", "x" },
        { "${{2} <= {2} ? {x} : {y}}", "x" },
        { "${{$e2} == {5$$five}?{y}:{n}}", "y" },
        { "${{$undefined}=={}}", "true" },
        { "${{$five$five} == {55} ? {${five?{q}}}}", "q" },
        /* larger than any integer, where Postfix gives up */
        { "${{99999999999999999999} < {100000000000000000000} ? {x}}", "x" },
    };
    check_rows(rows, COUNT(rows));
}

TEST(expand_levels)
{
    static const struct row rows[] = {
        { "${{3.9} <level {3.10} ? {a} : {b}}", "a" },
        { "${{$compatibility_level} >=level {3.6} ? {a} : {b}}", "a" },
        { "${{3} ==level {3.0} ? {a} : {b}}", "a" },
        { "${{1.2.3} >=level {1.2} ? {a} : {b}}", "a" },
        { "${{1.2.3} ==level {1.2} ? {a} : {b}}", "b" },
        { "${{1.2} >=level  {1.1}?y}", "y" },
        { "${{1.2} !=level {1.1}?y}", "y" },
        { "${{x} >=level {3.6} ? {a} : {b}}",
          "!malformed compatibility level syntax: \"x\"" },
        { "${{1.2} >level{ 1.1 }?y}",
          "!malformed compatibility level syntax: \" 1.1 \"" },
        { "${{0}==level{}?{x}:{y}}",
          "!malformed compatibility level syntax: \"\"" },
        { "${{1.1024} ==level {1}?y}z",
          "!malformed compatibility level syntax: \"1.1024\"" },
        { "${{3.1} <levels {1} ? {x} : {y}}",
          "!bad operator suffix at: \"...<>>>levels\"" },
        { "${{1.2} >= level {1.1}?y}",
          "!\"{expression}\" expected at: \"...{1.2} >=>>> level {1.1}?y\"" },
    };
    check_rows(rows, COUNT(rows));
}

#define OPERATORS \
    "!\"==\" or \"!=\"\" or \"<\"\" or \"<=\"\" or \">=\"\" or \">\" expected"

TEST(expand_refuses_in_postfix_words)
{
    static const struct row rows[] = {
        { "${five", "!truncated macro reference: \"${five\"" },
        { "x${five}${", "!truncated macro reference: \"x${five}${\"" },
        { "$(five}", "!truncated macro reference: \"$(five}\"" },
        { "${five?{a}:{b}", "!truncated macro reference: \"${five?{a}:{b}\"" },
        { "$", "!empty macro name: \"$\"" },
        { "a$ b", "!empty macro name: \"a$ b\"" },
        { "$-x", "!empty macro name: \"$-x\"" },
        { "${}", "!empty macro name: \"${}\"" },
        { "$[five]", "!empty macro name: \"$[five]\"" },
        { "${fi-ve}", "!attribute name syntax error at: \"...fi>>>-ve\"" },
        { "${$five}", "!attribute name syntax error at: \"...>>>$five\"" },
        { "${five{x}}",
          "!attribute name syntax error at: \"...five>>>{x}\"" },
        { "${five x}", "!attribute name syntax error at: \"...five>>> x\"" },
        { "${five?{a}{b}}", "!\":\" expected at: \"...a}>>>{b}\"" },
        { "${five?{ a }b}", "!\":\" expected at: \"... a }>>>b\"" },
        { "${five? {x}0123456789012345678901234}",
          "!\":\" expected at: \"...x}>>>01234567890123456789\"" },
        { "${empty:{$empty}z}",
          "!unexpected input at: \"...$empty}>>>z\"" },
        { "${five:{}:x}z", "!unexpected input at: \"...}>>>:x\"" },
        { "${five?{a} : {b} c}", "!unexpected input at: \"...b}>>>c\"" },
        { "${{a} = {b} ? {a}}",
          OPERATORS " at: \"...a}>>>= {b} ? {a}\"" },
        { "${{a} b {b} ? {a}}",
          OPERATORS " at: \"...a}>>>b {b} ? {a}\"" },
        { "${{a} <>{b}}", OPERATORS " at: \"...a}>>><>{b}\"" },
        { "${{a}}", OPERATORS " at: \"...a}>>>\"" },
        { "${{a} ==}",
          "!\"{expression}\" expected at: \"...{a} ==>>>\"" },
        { "${{a} == a ? {x}}",
          "!\"{expression}\" expected at: \"...{a} ==>>> a ? {x}\"" },
        { "${{a} == {a} {x}}",
          "!\"?\" or \":\" expected at: \"...}>>>{x}\"" },
        { "$(abc?{a)b}:{b})",
          "!unbalanced {} in attribute expression: \"{a\"" },
        { "$loop", "!unreasonable macro call nesting: \"${loop}\"" },
    };
    check_rows(rows, COUNT(rows));
}

TEST(expand_values_once_and_filtered)
{
    CHECK_STR(expanded("$e2", false, NULL), "$five$$five");
    CHECK_STR(expanded("${e1?{$e1}}", false, NULL), "$empty");
    CHECK_STR(expanded("$odd; ${odd?{;}}", false, "abc"), "a_b_c; ;");
    CHECK_STR(expanded("$e2", true, "$five"), "_$five");
    CHECK_STR(expanded("$odd", false, ""), "_____");
}

TEST(expand_appends_and_tells_unknown_names)
{
    struct expand_options options = { .lookup = value_of };
    struct str out = STR_EMPTY;
    bool unknown = false;
    str_set(&out, "a ");
    CHECK(expand_text(&out, "$five", &options, &unknown, NULL));
    CHECK_STR(out.data, "a 5");
    CHECK(!unknown);
    CHECK(expand_text(&out, "$none", &options, &unknown, NULL));
    CHECK(unknown);
    unknown = false;
    CHECK(expand_text(&out, "${none?x}${none:}", &options, &unknown, NULL));
    CHECK(!unknown);
    CHECK(expand_text(&out, "${none:$none}", &options, &unknown, NULL));
    CHECK(unknown);
    CHECK(!expand_text(&out, "$", &options, NULL, NULL));
    str_fini(&out);
}

TEST(expand_nests_100_deep)
{
    struct str text = STR_EMPTY;
    for (int depth = 99; depth <= 101; depth++) {
        str_clear(&text);
        for (int i = 0; i < depth; i++)
            str_add(&text, "${five?{");
        str_add_char(&text, 'x');
        for (int i = 0; i < depth; i++)
            str_add(&text, "}}");
        bool done = expanded(text.data, true, NULL)[0] == 'x';
        CHECK_INT(done, depth <= 100);
    }
    str_fini(&text);
}
