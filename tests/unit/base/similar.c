/* SPDX-License-Identifier: ISC
 *
 * similar.c - tests of base/similar.h.
 */
#include "base/similar.h"

#include <string.h>

#include "test.h"

TEST(similar_counts_changes)
{
    static const struct {
        const char *word, *other;
        int want;
    } cases[] = {
        { "", "", 0 },           { "abc", "abc", 0 }, { "abc", "", 3 },
        { "", "ab", 2 },         { "abc", "abd", 1 }, { "abc", "ac", 1 },
        { "ac", "abc", 1 },      { "abcd", "abdc", 1 },
        { "kitten", "sitting", 3 }, { "abcdef", "uvwxyz", 5 },
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        CHECK_INT((int)similar_distance(cases[i].word, cases[i].other, 4),
                  cases[i].want);
}

TEST(similar_of_long_words)
{
    char longest[65], longer[66];

    memset(longest, 'a', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    memset(longer, 'a', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    CHECK_INT((int)similar_distance(longest, longest, 4), 0);
    CHECK_INT((int)similar_distance(longest, longest + 4, 4), 4);
    CHECK_INT((int)similar_distance(longest, longest + 5, 4), 5);
    CHECK_INT((int)similar_distance(longer, longest, 4), 5);
}

TEST(similar_finds_what_was_meant)
{
    static const char *const words[] = { "relayhost", "myhostname", "biff",
                                         "mydomain", "myorigin" };
    static const struct {
        const char *word, *want;
    } cases[] = {
        { "relayhots", "relayhost" }, { "relay_host", "relayhost" },
        { "myhostnam", "myhostname" }, { "bif", "biff" },
        { "boff", "biff" }, { "mydomian", "mydomain" },
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        CHECK_STR(similar_word(cases[i].word, words, COUNT(words)),
                  cases[i].want);
    CHECK(similar_word("nosuch", words, COUNT(words)) == NULL);
    CHECK(similar_word("", words, COUNT(words)) == NULL);
    CHECK(similar_word("b", words, COUNT(words)) == NULL);
    CHECK(similar_word("biff", words, 0) == NULL);
}
