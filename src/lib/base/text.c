/* SPDX-License-Identifier: ISC
 *
 * text.c - questions about text, and cutting it up.
 *
 * ASCII rules throughout: what a locale calls a letter or a space must never
 * change what an address or a command means.
 */
#include "base/text.h"

#include <string.h>

#include "base/array.h"
#include "base/str.h"
#include "base/utf8.h"

static int lower(char c)
{
    return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : (unsigned char)c;
}

bool text_equal_nocase(const char *a, const char *b)
{
    return text_equal_nocase_n(a, b, (size_t)-1);
}

bool text_equal_nocase_n(const char *a, const char *b, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (lower(a[i]) != lower(b[i]))
            return false;
        if (a[i] == '\0')
            return true;
    }
    return true;
}

bool text_has_prefix(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

bool text_has_prefix_nocase(const char *text, const char *prefix)
{
    return text_equal_nocase_n(text, prefix, strlen(prefix));
}

bool text_has_suffix_nocase(const char *text, const char *suffix)
{
    size_t length = strlen(text), tail = strlen(suffix);
    return tail <= length && text_equal_nocase(text + length - tail, suffix);
}

const char *text_find_nocase(const char *text, const char *part)
{
    size_t length = strlen(part);
    do {
        if (text_equal_nocase_n(text, part, length))
            return text;
    } while (*text++ != '\0');
    return NULL;
}

bool text_is_ascii(const char *text)
{
    for (; *text != '\0'; text++)
        if ((unsigned char)*text >= 0x80)
            return false;
    return true;
}

bool text_is_all_digits(const char *text)
{
    return text[0] != '\0' && text[strspn(text, "0123456789")] == '\0';
}

bool text_is_space(int c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

char *text_lower(char *text)
{
    for (char *p = text; *p != '\0'; p++)
        *p = (char)lower(*p);
    return text;
}

char *text_upper(char *text)
{
    for (char *p = text; *p != '\0'; p++)
        if (*p >= 'a' && *p <= 'z')
            *p = (char)(*p - 'a' + 'A');
    return text;
}

/* Bytes of the harmless UTF-8 character at <text>, 0 if it is none. U+0080 to
 * U+009F are control characters to a terminal, like ESC. */
static size_t utf8_printable_length(const char *text)
{
    static const unsigned char first_byte[] = { 0xc2, 0xe0, 0xf0, 0xf5 };
    unsigned char first = (unsigned char)text[0];

    for (size_t length = 2; length <= 4; length++) {
        if (first < first_byte[length - 2] || first >= first_byte[length - 1])
            continue;
        if (strnlen(text, length) < length || !utf8_is_valid(text, length))
            return 0;
        return first == 0xc2 && (unsigned char)text[1] < 0xa0 ? 0 : length;
    }
    return 0;
}

char *text_printable(char *text, int with, bool utf8)
{
    for (char *p = text; *p != '\0';) {
        unsigned char c = (unsigned char)*p;
        size_t length = c < ' ' || c == 0x7f ? 0
                        : c < 0x80           ? 1
                        : utf8               ? utf8_printable_length(p)
                                             : 0;
        if (length == 0)
            *p++ = (char)with;
        else
            p += length;
    }
    return text;
}

char *text_trim(char *text)
{
    while (text_is_space((unsigned char)*text))
        text++;
    char *end = text + strlen(text);
    while (end > text && text_is_space((unsigned char)end[-1]))
        end--;
    *end = '\0';
    return text;
}

/* End the word that stopped at <end> and move the cursor behind it. */
static void end_token(char **cursor, char *end)
{
    if (*end != '\0')
        *end++ = '\0';
    *cursor = end;
}

char *text_token(char **cursor, const char *separators)
{
    char *start = *cursor + strspn(*cursor, separators);
    if (*start == '\0') {
        *cursor = start;
        return NULL;
    }
    end_token(cursor, start + strcspn(start, separators));
    return start;
}

/* The end of a word: a separator outside braces and quotes, or the NUL. */
static char *braced_word_end(char *p, const char *separators, bool quotes)
{
    size_t depth = 0;
    bool quoted = false;

    for (; *p != '\0'; p++) {
        if (quotes && *p == '\\' && p[1] != '\0')
            p++;
        else if (quotes && *p == '"')
            quoted = !quoted;
        else if (quoted)
            continue;
        else if (*p == '{')
            depth++;
        else if (*p == '}' && depth > 0)
            depth--;
        else if (depth == 0 && strchr(separators, *p) != NULL)
            break;
    }
    return p;
}

char *text_token_braced(char **cursor, const char *separators, bool quotes)
{
    char *start = *cursor + strspn(*cursor, separators);
    if (*start == '\0') {
        *cursor = start;
        return NULL;
    }
    end_token(cursor, braced_word_end(start, separators, quotes));
    return start;
}

char *text_unbrace(char *word)
{
    size_t length = strlen(word);

    if (length < 2 || word[0] != '{' || word[length - 1] != '}')
        return word;
    word[length - 1] = '\0';
    return text_trim(word + 1);
}

bool text_split_nameval(char *line, char **name, char **value)
{
    char *equals = strchr(line, '=');
    if (equals == NULL)
        return false;
    *equals = '\0';
    *name = text_trim(line);
    *value = text_trim(equals + 1);
    return **name != '\0';
}

char **text_split(struct arena *arena, const char *text,
                  const char *separators, size_t *count)
{
    struct { ARRAY_OF(char *); } words = ARRAY_EMPTY;
    char *cursor = arena_strdup(arena, text), *word;

    if (separators == NULL)
        separators = LIST_SEPARATORS;
    while ((word = text_token(&cursor, separators)) != NULL)
        ARRAY_ADD(&words, word);
    if (count != NULL)
        *count = words.count;
    ARRAY_ADD(&words, NULL);

    char **result = arena_memdup(arena, words.items,
                                 words.count * sizeof *words.items);
    ARRAY_FREE(&words);
    return result;
}

static bool equal_n(const char *a, const char *b, size_t n)
{
    return memcmp(a, b, n) == 0;
}

static bool lists_word(const char *list, const char *word,
                       bool (*equal)(const char *a, const char *b, size_t n))
{
    size_t length = strlen(word);

    while (*(list += strspn(list, LIST_SEPARATORS)) != '\0') {
        size_t next = strcspn(list, LIST_SEPARATORS);
        if (next == length && equal(list, word, length))
            return true;
        list += next;
    }
    return false;
}

bool text_lists_word(const char *list, const char *word)
{
    return lists_word(list, word, equal_n);
}

bool text_lists_word_nocase(const char *list, const char *word)
{
    return lists_word(list, word, text_equal_nocase_n);
}

int text_order(const void *a, const void *b)
{
    const char *const *left = a;
    const char *const *right = b;

    return strcmp(*left, *right);
}

char *text_escape(struct arena *arena, const void *data, size_t length)
{
    static const char letters[] = "abtnvfr"; /* 7 to 13 */
    const unsigned char *bytes = data;
    char *out = arena_array(arena, length + 1, 4), *p = out;

    for (size_t i = 0; i < length; i++) {
        unsigned char c = bytes[i];
        if (c == '\\') {
            *p++ = '\\';
            *p++ = '\\';
        } else if (c >= ' ' && c < 0x7f) {
            *p++ = (char)c;
        } else if (c >= '\a' && c <= '\r') {
            *p++ = '\\';
            *p++ = letters[c - '\a'];
        } else {
            *p++ = '\\';
            *p++ = (char)('0' + (c >> 6));
            *p++ = (char)('0' + (c >> 3 & 7));
            *p++ = (char)('0' + (c & 7));
        }
    }
    *p = '\0';
    return out;
}

/* The character after a backslash; *at is moved behind it. */
static char unescaped(const char **at)
{
    static const char letters[] = "abtnvfr";
    const char *letter;
    int value = 0;

    if (**at >= '0' && **at <= '7') {
        for (int i = 0; i < 3 && **at >= '0' && **at <= '7'; i++)
            value = value * 8 + *(*at)++ - '0';
        return (char)value;
    }
    letter = strchr(letters, **at);
    (*at)++;
    return letter ? (char)('\a' + (letter - letters)) : (*at)[-1];
}

char *text_unescape(struct arena *arena, const char *text)
{
    char *out = arena_alloc(arena, strlen(text) + 1), *p = out;

    while (*text != '\0') {
        if (*text != '\\' || text[1] == '\0') {
            *p++ = *text++;
            continue;
        }
        text++;
        *p++ = unescaped(&text);
    }
    *p = '\0';
    return out;
}
