/* SPDX-License-Identifier: ISC
 *
 * What a regular expression needs: by examples, and by what the C library's
 * matcher says of expressions and texts made up at random.
 */
#include "regexp_literal.h"

#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "test.h"

TEST(regexp_literals)
{
    static const struct { const char *pattern, *literal; } cases[] = {
        { "^Subject: .*offer number 5[^0-9]", "offer number 5" },
        { "^Subject:", "Subject:" },
        { "a\\.example\\.com$", "a.example.com" },
        { "abc*d", "ab" },
        { "abc+d", "ab" },
        { "abc?d", "ab" },
        { "abc{0,1}defg", "defg" },
        { "(abc)?de", "de" },
        { "x(ab|cd)yz", "yz" },
        { "ab[]xyz]c", "ab" },
        { "ab[^]xyz]cde", "cde" },
        { "ab[[:alpha:]]cde", "cde" },
        { "ab\\<cde", "cde" },
        { "abc|d", NULL },
        { "[abc]", NULL },
        { "a*", NULL },
        { ".*", NULL },
        { "", NULL },
        { "a\\", "a" },
        { "a[", "a" },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        char *literal = regexp_literal(cases[i].pattern);
        CHECK_STR(literal != NULL ? literal : "(none)",
                  cases[i].literal != NULL ? cases[i].literal : "(none)");
        free(literal);
    }
}

static unsigned pick(unsigned count)
{
    static unsigned long state = 1;

    state = state * 6364136223846793005ul + 1442695040888963407ul;
    return (unsigned)(state >> 33) % count;
}

static void make_up(char *out, const char *letters, unsigned longest)
{
    unsigned length = pick(longest + 1);

    for (unsigned i = 0; i < length; i++)
        out[i] = letters[pick((unsigned)strlen(letters))];
    out[length] = '\0';
}

/* What matches has the text. */
static int check_texts(const regex_t *code, const char *pattern,
                       const char *literal)
{
    int matches = 0;

    for (int i = 0; i < 20; i++) {
        char text[12];
        make_up(text, "abA1,{}[]()\\|:", sizeof(text) - 1);
        if (regexec(code, text, 0, NULL, 0) != 0)
            continue;
        matches++;
        if (literal != NULL && !CHECK(strcasestr(text, literal) != NULL))
            printf("pattern %s, text %s, literal %s\n", pattern, text,
                   literal);
    }
    return matches;
}

TEST(regexp_literals_are_in_what_matches)
{
    int matches = 0, literals = 0;

    for (int i = 0; i < 20000; i++) {
        char pattern[10];
        regex_t code;
        make_up(pattern, "aaabbb1,.*+?{}()[]^$|\\:", sizeof(pattern) - 1);
        if (regcomp(&code, pattern, REG_EXTENDED | REG_ICASE | REG_NOSUB) != 0)
            continue;
        char *literal = regexp_literal(pattern);
        literals += literal != NULL;
        matches += check_texts(&code, pattern, literal);
        free(literal);
        regfree(&code);
    }
    CHECK(matches > 5000);
    CHECK(literals > 1000);
}
