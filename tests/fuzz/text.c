/* SPDX-License-Identifier: ISC
 *
 * text.c - numbers, times, lists, words and escapes.
 */
#include "base/text.h"

#include <string.h>

#include "base/num.h"
#include "fuzz.h"

static void read_numbers(const char *text)
{
    long number;
    unsigned long big;
    int seconds;

    if (num_parse_long(text, -10, 1000, &number))
        FUZZ_CHECK(number >= -10 && number <= 1000);
    num_parse_ulong(text, 8, &big);
    num_parse_ulong(text, 10, &big);
    if (num_parse_time(text, 'w', &seconds))
        FUZZ_CHECK(seconds >= 0);
    num_parse_level(text, &number);
}

static void cut(struct fuzz_input *in, const char *text, bool quotes)
{
    char *cursor = arena_strdup(in->arena, text), *name, *value;
    size_t total = 0;

    for (char *word; (word = text_token_braced(&cursor, LIST_SEPARATORS,
                                               quotes)) != NULL;)
        total += strlen(word);
    FUZZ_CHECK(total <= strlen(text));
    text_split_nameval(arena_strdup(in->arena, text), &name, &value);
}

FUZZ(text)
{
    size_t size, count;
    char *text = fuzz_rest(in, &size);

    read_numbers(text);
    cut(in, text, false);
    cut(in, text, true);
    char **words = text_split(in->arena, text, NULL, &count);
    FUZZ_CHECK(words[count] == NULL);
    char *escaped = text_escape(in->arena, text, strlen(text));
    FUZZ_CHECK(strcmp(text_unescape(in->arena, escaped), text) == 0);
    text_unescape(in->arena, text);
    text_printable(arena_strdup(in->arena, text), '?', true);
    text_trim(text);
}
