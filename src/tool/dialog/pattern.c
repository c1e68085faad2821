/* SPDX-License-Identifier: ISC
 *
 * pattern.c - what a line of the file says: variables, escapes, patterns.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "dialog.h"

const char *variable_get(const struct dialog *d, const char *name)
{
    for (size_t i = 0; i < d->variables.count; i++)
        if (strcmp(d->variables.items[i].name, name) == 0)
            return d->variables.items[i].value;
    return NULL;
}

void variable_set(struct dialog *d, const char *name, const char *value,
                  size_t length)
{
    char *copy = mem_strndup(value, length);

    for (size_t i = 0; i < d->variables.count; i++) {
        struct variable *v = &d->variables.items[i];

        if (strcmp(v->name, name) == 0) {
            free(v->value);
            v->value = copy;
            return;
        }
    }
    struct variable fresh = { mem_strdup(name), copy };

    ARRAY_ADD(&d->variables, fresh);
}

static size_t name_length(const char *text)
{
    size_t n = 0;

    while (isalnum((unsigned char)text[n]) || text[n] == '_')
        n++;
    return n;
}

/* <text> is behind the '$'. Returns what follows the name, or NULL. */
static const char *expand_one(const struct dialog *d, const char *text,
                              struct str *out, struct error *why)
{
    bool braced = *text == '{';
    const char *start = text + braced;
    size_t length = name_length(start);

    if (length == 0 || (braced && start[length] != '}')) {
        str_add_char(out, '$');
        return text;
    }
    char *name = mem_strndup(start, length);
    const char *value = variable_get(d, name);

    if (value != NULL)
        str_add(out, value);
    else
        error_set(why, "$%s has no value", name);
    free(name);
    return value == NULL ? NULL : start + length + braced;
}

bool variables_expand(const struct dialog *d, const char *text,
                      struct str *out, struct error *why)
{
    str_clear(out);
    while (*text != '\0') {
        if (*text != '$') {
            str_add_char(out, *text++);
        } else if (text[1] == '$') {
            str_add_char(out, '$');
            text += 2;
        } else if ((text = expand_one(d, text + 1, out, why)) == NULL) {
            return false;
        }
    }
    return true;
}

/* <text> is behind "\{". Returns what follows the closing brace. */
static const char *expand_copies(const char *text, struct str *out)
{
    char *colon;
    long copies = strtol(text, &colon, 10);
    const char *end = strchr(text, '}');

    if (*colon != ':' || end == NULL || end < colon)
        return text;
    while (copies-- > 0)
        str_add_bytes(out, colon + 1, (size_t)(end - colon - 1));
    return end + 1;
}

static const char *expand_hex(const char *text, struct str *out)
{
    char digits[3] = { text[0], text[0] ? text[1] : '\0', '\0' };
    char *end;
    long byte = strtol(digits, &end, 16);

    str_add_char(out, (int)byte);
    return text + (end - digits);
}

bool escapes_expand(const char *text, struct str *out)
{
    static const char letters[] = "rnt0", bytes[] = "\r\n\t";

    str_clear(out);
    while (*text != '\0') {
        const char *letter;

        if (*text != '\\' || text[1] == '\0') {
            str_add_char(out, *text++);
            continue;
        }
        text += 2;
        if (text[-1] == 'c' && *text == '\0')
            return false;
        if (text[-1] == '{')
            text = expand_copies(text, out);
        else if (text[-1] == 'x')
            text = expand_hex(text, out);
        else if ((letter = strchr(letters, text[-1])) != NULL)
            str_add_char(out, bytes[letter - letters]);
        else
            str_add_char(out, text[-1]);
    }
    return true;
}

/* A word as queue IDs, ports and host names are. */
static bool is_word_byte(int c)
{
    return isalnum(c) || strchr("._-", c) != NULL;
}

/* <pattern> is at a "{name}"; the longest word first. */
static bool match_capture(struct dialog *d, const char *pattern,
                          const char *text)
{
    size_t length = name_length(pattern + 1), word = 0;

    while (text[word] != '\0' && is_word_byte((unsigned char)text[word]))
        word++;
    for (; word > 0; word--) {
        if (!pattern_matches(d, pattern + length + 2, text + word))
            continue;
        char *name = mem_strndup(pattern + 1, length);

        variable_set(d, name, text, word);
        free(name);
        return true;
    }
    return false;
}

static bool is_capture(const char *pattern)
{
    size_t length = name_length(pattern + 1);

    return *pattern == '{' && length > 0 && pattern[length + 1] == '}';
}

bool pattern_matches(struct dialog *d, const char *pattern, const char *text)
{
    for (; *pattern != '\0'; pattern++, text++) {
        if (*pattern == '*') {
            do {
                if (pattern_matches(d, pattern + 1, text))
                    return true;
            } while (*text++ != '\0');
            return false;
        }
        if (is_capture(pattern))
            return match_capture(d, pattern, text);
        if (*pattern == '\\' && pattern[1] != '\0')
            pattern++;
        if (*pattern != *text)
            return false;
    }
    return *text == '\0';
}
