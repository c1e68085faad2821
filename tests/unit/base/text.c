/* SPDX-License-Identifier: ISC
 *
 * text.c - tests of base/text.h.
 */
#include "base/text.h"

#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "test.h"

TEST(text_compares_without_case)
{
    CHECK(text_equal_nocase("", ""));
    CHECK(text_equal_nocase("AbC@[`{", "aBc@[`{"));
    CHECK(!text_equal_nocase("@", "`"));
    CHECK(!text_equal_nocase("a", "ab"));
    CHECK(!text_equal_nocase("\xc4", "\xe4")); /* Latin-1 is not ASCII */
    CHECK(text_equal_nocase_n("abX", "ABy", 2));
    CHECK(text_equal_nocase_n("x", "y", 0));
    CHECK(!text_equal_nocase_n("ab", "abc", 3));
    CHECK(text_has_prefix("abc", "ab") && !text_has_prefix("a", "ab"));
    CHECK(text_has_prefix_nocase("ABc", "ab") && text_has_prefix("", ""));
    CHECK(text_has_suffix_nocase("x.Org", ".oRG"));
    CHECK(!text_has_suffix_nocase("rg", "org"));
    CHECK(text_has_suffix_nocase("x", ""));
}

TEST(text_finds_without_case)
{
    const char *text = "Hello World";
    CHECK(text_find_nocase(text, "WORLD") == text + 6);
    CHECK(text_find_nocase(text, "") == text);
    CHECK(text_find_nocase(text, "worlds") == NULL);
    CHECK(text_find_nocase("", "x") == NULL);
    CHECK(text_find_nocase("aab", "ab") != NULL);
}

TEST(text_kinds)
{
    CHECK(text_is_ascii("") && text_is_ascii("\x7f"));
    CHECK(!text_is_ascii("\x80"));
    CHECK(text_is_all_digits("0123") && !text_is_all_digits(""));
    CHECK(!text_is_all_digits("1a") && !text_is_all_digits("-1"));
    for (int c = 0; c < 256; c++)
        CHECK(text_is_space(c) == (c != 0 && strchr(" \t\r\n\f\v", c) != NULL));
}

static const char *printable(const char *text, bool utf8)
{
    static char copy[64];
    strcpy(copy, text);
    return text_printable(copy, '?', utf8);
}

TEST(text_printable_hides_what_a_terminal_obeys)
{
    CHECK_STR(printable("", true), "");
    CHECK_STR(printable("a\r\n\t\x1b[0m\x7f~", true), "a????[0m?~");
    CHECK_STR(printable("\xc3\xa4", false), "??");
    CHECK_STR(printable("\xc3\xa4", true), "\xc3\xa4");
    CHECK_STR(printable("x\xc3", true), "x?");
    CHECK_STR(printable("\xc3x", true), "?x");
    CHECK_STR(printable("\xe2\x82\xac\xf0\x9f\x93\xa7.", true),
              "\xe2\x82\xac\xf0\x9f\x93\xa7.");
    CHECK_STR(printable("\xe2\x82", true), "??");
    CHECK_STR(printable("\xc0\xaf\xed\xa0\x80", true), "?????");
    CHECK_STR(printable("\xc2\x9b\xc2\xa0", true), "??\xc2\xa0"); /* CSI */
    CHECK_STR(printable("\xff\xf5", true), "??");
}

TEST(text_changes_case_in_place)
{
    char text[] = "aZ@[\xc4";
    CHECK_STR(text_lower(text), "az@[\xc4");
    CHECK_STR(text_upper(text), "AZ@[\xc4");
}

TEST(text_trims)
{
    char both[] = " \t a b\r\n", blank[] = " \n", none[] = "";
    CHECK_STR(text_trim(both), "a b");
    CHECK_STR(text_trim(blank), "");
    CHECK_STR(text_trim(none), "");
}

/* The words, each in brackets. */
static const char *words(const char *text, const char *separators, bool braces,
                         bool quotes)
{
    static struct str out;
    static char copy[128];
    char *cursor = strcpy(copy, text), *word;
    if (out.data == NULL)
        str_init(&out);
    str_clear(&out);
    while ((word = braces ? text_token_braced(&cursor, separators, quotes)
                          : text_token(&cursor, separators)) != NULL)
        str_addf(&out, "[%s]", word);
    CHECK(text_token(&cursor, separators) == NULL);
    return out.data;
}

TEST(text_token_cuts)
{
    CHECK_STR(words("", " ", false, false), "");
    CHECK_STR(words("  ", " ", false, false), "");
    CHECK_STR(words("a", " ", false, false), "[a]");
    CHECK_STR(words(", a,,b c ,", ", ", false, false), "[a][b][c]");
    CHECK_STR(words("a b", ",", false, false), "[a b]");
}

TEST(text_token_respects_braces_and_quotes)
{
    static const struct { const char *text, *plain, *quoted; } cases[] = {
        { "a {b c} d", "[a][{b c}][d]", "[a][{b c}][d]" },
        { "{a {b} c}x y", "[{a {b} c}x][y]", "[{a {b} c}x][y]" },
        { "{a b", "[{a b]", "[{a b]" },
        { "a} b", "[a}][b]", "[a}][b]" },
        { "\"a b\" c", "[\"a][b\"][c]", "[\"a b\"][c]" },
        { "\"{\" a", "[\"{\" a]", "[\"{\"][a]" },
        { "a\\ b", "[a\\][b]", "[a\\ b]" },
        { "\"a\\\" b\" c", "[\"a\\\"][b\"][c]", "[\"a\\\" b\"][c]" },
        { "a\\", "[a\\]", "[a\\]" },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        CHECK_STR(words(cases[i].text, " ", true, false), cases[i].plain);
        CHECK_STR(words(cases[i].text, " ", true, true), cases[i].quoted);
    }
}

TEST(text_unbrace_wants_both_braces)
{
    static const struct { const char *word, *want; } cases[] = {
        { "{ a b }", "a b" }, { "{}", "" },  { "{", "{" }, { "}", "}" },
        { "{ a", "{ a" },     { "a}", "a}" }, { "", "" },  { "a", "a" },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        char word[16];
        snprintf(word, sizeof word, "%s", cases[i].word);
        CHECK_STR(text_unbrace(word), cases[i].want);
    }
}

TEST(text_split_nameval_cuts_at_the_first_equals)
{
    char good[] = " a = b = c ", bare[] = "a", none[] = " = b", empty[] = "a=";
    char *name = empty, *value = empty;
    CHECK(text_split_nameval(good, &name, &value));
    CHECK_STR(name, "a");
    CHECK_STR(value, "b = c");
    CHECK(!text_split_nameval(bare, &name, &value));
    CHECK(!text_split_nameval(none, &name, &value));
    CHECK(text_split_nameval(empty, &name, &value));
    CHECK_STR(value, "");
}

TEST(text_split_gives_a_terminated_array)
{
    struct arena *arena = arena_new();
    size_t count;
    char **list = text_split(arena, "a, b\tc\r\n", NULL, &count);
    CHECK_INT(count, 3);
    CHECK_STR(list[2], "c");
    CHECK(list[3] == NULL);
    list = text_split(arena, "", NULL, &count);
    CHECK_INT(count, 0);
    CHECK(list[0] == NULL);
    CHECK_STR(text_split(arena, "a b:c", ":", NULL)[0], "a b");
    arena_free(arena);
}

TEST(text_lists_whole_words)
{
    CHECK(text_lists_word("a, bc\td", "bc"));
    CHECK(text_lists_word("a", "a"));
    CHECK(!text_lists_word("a, bcd", "bc"));
    CHECK(!text_lists_word("abc", "bc"));
    CHECK(!text_lists_word("", "a"));
    CHECK(!text_lists_word(" ,", ""));
    CHECK(!text_lists_word("BC", "bc"));
    CHECK(text_lists_word_nocase("a BC", "bc"));
    CHECK(!text_lists_word_nocase("BCD", "bc"));
}

TEST(text_unescape_as_c_does)
{
    struct arena *arena = arena_new();

    CHECK_STR(text_unescape(arena, ""), "");
    CHECK_STR(text_unescape(arena, "\\t\\40!\\\\x\\q\\1018"),
              "\t !\\xqA8");
    CHECK_STR(text_unescape(arena, "end\\"), "end\\");
    arena_free(arena);
}

TEST(text_escape_as_c_does)
{
    struct arena *arena = arena_new();
    CHECK_STR(text_escape(arena, "", 0), "");
    CHECK_STR(text_escape(arena, "EHLO x\r\n", 8), "EHLO x\\r\\n");
    CHECK_STR(text_escape(arena, "\a\b\t\n\v\f\r\\", 8),
              "\\a\\b\\t\\n\\v\\f\\r\\\\");
    CHECK_STR(text_escape(arena, "\0001\x7f\xff~", 5), "\\0001\\177\\377~");
    arena_free(arena);
}
