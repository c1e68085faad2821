/* SPDX-License-Identifier: ISC
 *
 * inline_list.c - lists that are written in a table's name.
 */

#include <string.h>

#include "base/array.h"
#include "base/text.h"
#include "internal.h"

/* The brace that closes the one at <text>, or NULL. */
static char *matching_brace(char *text)
{
    int depth = 0;

    for (char *p = text; *p != 0; p++) {
        if (*p == '{')
            depth++;
        else if (*p == '}' && --depth == 0)
            return p;
    }
    return NULL;
}

char *inline_list_strip(struct arena *arena, const char *text)
{
    char *copy = text_trim(arena_strdup(arena, text));
    char *end = *copy == '{' ? matching_brace(copy) : NULL;

    if (end == NULL || end[1] != 0)
        return NULL;
    *end = 0;
    return text_trim(copy + 1);
}

char **inline_list_split(struct arena *arena, const char *text, size_t *count)
{
    char *cursor = inline_list_strip(arena, text);
    struct {
        ARRAY_OF(char *);
    } items = ARRAY_EMPTY;

    if (cursor == NULL)
        return NULL;
    for (char *item;
         (item = text_token_braced(&cursor, LIST_SEPARATORS, false)) != NULL;)
        ARRAY_ADD(&items, item);
    *count = items.count;
    ARRAY_ADD(&items, NULL);
    char **list =
        arena_memdup(arena, items.items, items.count * sizeof(char *));
    ARRAY_FREE(&items);
    return list;
}

char **inline_list_parse(struct arena *arena, const char *text, size_t *count)
{
    char **items = inline_list_split(arena, text, count);

    for (size_t i = 0; items != NULL && i < *count; i++) {
        char *inner = inline_list_strip(arena, items[i]);
        if (inner != NULL)
            items[i] = inner;
    }
    return items;
}
