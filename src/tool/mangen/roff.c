/* SPDX-License-Identifier: ISC
 *
 * roff.c - plain text as the source of a manual page.
 */
#include "roff.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

enum {
    LINE_COLUMNS = 78,
    /* A value without spaces may be broken: after punctuation, or at last
     * anywhere. */
    LONG_RUN = 24,
    LONGEST_RUN = 48,
};

/* Characters that roff takes for others, or for a command. */
static void put_character(char c)
{
    switch (c) {
    case '\\': fputs("\\e", stdout); return;
    case '-': fputs("\\-", stdout); return;
    case '^': fputs("\\(ha", stdout); return;
    case '~': fputs("\\(ti", stdout); return;
    case '`': fputs("\\(ga", stdout); return;
    case '\'': fputs("\\(aq", stdout); return;
    default: putchar(c);
    }
}

static bool may_break(size_t run, char c)
{
    return run >= LONGEST_RUN ||
           (run >= LONG_RUN && strchr(",:}", c) != NULL);
}

void roff_put_argument(const char *text)
{
    size_t run = 0;

    putchar('"');
    for (; *text != '\0'; text++) {
        if (*text == '"')
            putchar('"');
        put_character(*text);
        run = *text == ' ' ? 0 : run + 1;
        if (may_break(run, *text)) {
            fputs("\\:", stdout);
            run = 0;
        }
    }
    putchar('"');
}

/* A hyphen inside a word is one; before a letter it is an option's sign. */
static void put_word(const char *word, size_t length)
{
    if (*word == '.')
        fputs("\\&", stdout);
    for (size_t i = 0; i < length; i++)
        if (word[i] == '-' && i > 0 && isalpha((unsigned char)word[i - 1]))
            putchar('-');
        else if (word[i] == '\'' && i > 0)
            putchar('\'');
        else
            put_character(word[i]);
}

static bool ends_sentence(const char *word, size_t length)
{
    while (length > 1 && strchr(")\"'", word[length - 1]) != NULL)
        length--;
    return strchr(".?!", word[length - 1]) != NULL;
}

void roff_put_text(const char *text, size_t length)
{
    const char *end = text + length;
    size_t column = 0;

    while (text < end) {
        size_t word = strcspn(text, " ");
        if (word > (size_t)(end - text))
            word = (size_t)(end - text);
        if (column > 0 && column + 1 + word > LINE_COLUMNS) {
            putchar('\n');
            column = 0;
        } else if (column > 0) {
            putchar(' ');
        }
        put_word(text, word);
        column += word + 1;
        if (ends_sentence(text, word)) {
            putchar('\n');
            column = 0;
        }
        text += word;
        text += strspn(text, " ");
    }
    if (column > 0)
        putchar('\n');
}

size_t roff_first_sentence(const char *text)
{
    size_t length = 0;

    while (text[length] != '\0') {
        size_t word = strcspn(text + length, " ");
        bool ends = ends_sentence(text + length, word);
        length += word;
        if (ends)
            return length;
        length += strspn(text + length, " ");
    }
    return length;
}
