/* SPDX-License-Identifier: ISC
 *
 * approved.c - which tables a client may ask for.
 *
 * The list is as wide as the parameters that it is made of: restrictions,
 * lists of networks, templates of tables in tables. What counts is each word
 * that begins with "proxy:".
 */
#include <string.h>

#include "base/file.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/text.h"
#include "proxymap.h"
#include "service/service.h"

enum { DEPTH_LIMIT = 10, FILE_LIMIT = 1 << 20 };

struct approved {
    struct hash *names; /* owned */
};

static void collect(struct approved *approved, struct arena *arena,
                    const char *text, int depth);

static void collect_file(struct approved *approved, struct arena *arena,
                         const char *path, int depth)
{
    struct str content = STR_EMPTY, kept = STR_EMPTY;
    struct error why = ERROR_NONE;

    if (file_read(path, FILE_LIMIT, &content, &why)) {
        char *line, *next = content.data;
        while ((line = text_token(&next, "\n")) != NULL)
            if (line[strspn(line, " \t\r")] != '#')
                str_addf(&kept, "%s\n", line);
        collect(approved, arena, kept.data, depth);
    }
    str_fini(&content);
    str_fini(&kept);
}

static bool is_restriction_class(struct arena *arena, const char *word)
{
    const char *classes =
        config_get(service_config(), "smtpd_restriction_classes");
    char **names = text_split(arena, classes == NULL ? "" : classes, NULL,
                              NULL);

    for (; *names != NULL; names++)
        if (strcmp(*names, word) == 0)
            return true;
    return false;
}

static void collect_braces(struct approved *approved, struct arena *arena,
                           const char *from, int depth)
{
    char *inside = arena_strdup(arena, from + 1);
    size_t length = strlen(inside);

    if (length > 0 && inside[length - 1] == '}')
        inside[length - 1] = '\0';
    collect(approved, arena, inside, depth);
}

static void collect_word(struct approved *approved, struct arena *arena,
                         char *word, int depth)
{
    word += *word == '!';
    if (text_has_prefix(word, "proxy:"))
        hash_put(approved->names, word + strlen("proxy:"), approved);
    const char *brace = strchr(word, '{');
    if (brace != NULL)
        collect_braces(approved, arena, brace, depth + 1);
    else if (*word == '/')
        collect_file(approved, arena, word, depth + 1);
    else if (is_restriction_class(arena, word))
        collect(approved, arena, config_get(service_config(), word),
                depth + 1);
}

static void collect(struct approved *approved, struct arena *arena,
                    const char *text, int depth)
{
    char *word, *cursor = arena_strdup(arena, text == NULL ? "" : text);

    if (depth > DEPTH_LIMIT)
        return;
    while ((word = text_token_braced(&cursor, LIST_SEPARATORS, false)) != NULL)
        collect_word(approved, arena, word, depth);
}

struct approved *approved_new(const char *list)
{
    struct approved *approved = mem_zalloc(sizeof *approved);
    struct arena *arena = arena_new();

    approved->names = hash_new();
    collect(approved, arena, list, 0);
    arena_free(arena);
    return approved;
}

bool approved_has(const struct approved *approved, const char *name)
{
    return hash_has(approved->names, name);
}
