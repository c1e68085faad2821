/* SPDX-License-Identifier: ISC
 *
 * main.c - mangen: a manual page from its source, man/NAME.SECTION.in.
 *
 * The source is mdoc(7). Two lines in it stand for lists of parameters, made
 * from the rows in include/config/params:
 *
 *     .Params group...   those of some groups: name, default, one sentence
 *     .AllParams         all of them, with all that is to be said
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/fatal.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/str.h"
#include "base/text.h"
#include "config/param_index.h"
#include "config/unbuilt.h"
#include "prose.h"
#include "roff.h"

enum { PAGE_BYTES_MAX = 1 << 20 };

/* One entry of a list. */
struct entry {
    const char *key; /* what it is sorted by */
    const char *name;
    const char *default_text;
    const char *text;
    bool is_family;
};

struct list {
    ARRAY_OF(struct entry);
};

static int by_key(const void *a, const void *b)
{
    return strcmp(((const struct entry *)a)->key,
                  ((const struct entry *)b)->key);
}

static void put_entry(const struct entry *entry, size_t length)
{
    fputs(entry->is_family ? ".It Ar transport Ns Va " : ".It Va ", stdout);
    printf("%s No ", entry->name);
    char *note = entry->default_text == NULL
                     ? mem_strdup("(default: see postconf -d)")
                     : mem_printf("(default: %s)", *entry->default_text == '\0'
                                                       ? "empty"
                                                       : entry->default_text);
    roff_put_argument(note);
    free(note);
    putchar('\n');
    roff_put_text(entry->text, length);
}

static void put_list(struct list *list, bool whole_text)
{
    if (list->count == 0)
        fatal("a list of parameters is empty");
    qsort(list->items, list->count, sizeof *list->items, by_key);
    puts(".Bl -tag -width Ds");
    for (size_t i = 0; i < list->count; i++)
        put_entry(&list->items[i],
                  whole_text ? strlen(list->items[i].text)
                             : roff_first_sentence(list->items[i].text));
    puts(".El");
    ARRAY_FREE(list);
}

static void add_row(struct list *list, struct arena *arena,
                    const struct prose_row *row)
{
    const struct entry entry = {
        .key = row->is_family ? arena_printf(arena, "transport%s", row->name)
                              : row->name,
        .name = row->name,
        .default_text = row->default_text,
        .text = row->text,
        .is_family = row->is_family,
    };
    ARRAY_ADD(list, entry);
}

/* ---- .Params ---- */

static void add_group(struct list *list, struct arena *arena,
                      const char *group)
{
    const struct prose_row *end = prose_rows + prose_row_count;
    const struct prose_row *row = prose_rows;

    while (row < end && (row->group == NULL || strcmp(row->group, group) != 0))
        row++;
    if (row == end)
        fatal("there is no group of parameters \"%s\"", group);
    for (row++; row < end && row->group == NULL; row++)
        add_row(list, arena, row);
}

static void put_groups(char *names)
{
    struct arena *arena = arena_new();
    struct list list = ARRAY_EMPTY;

    for (char **name = text_split(arena, names, NULL, NULL); *name != NULL;
         name++)
        add_group(&list, arena, *name);
    put_list(&list, false);
    arena_free(arena);
}

/* ---- .AllParams ---- */

static struct hash *rows_by_name(void)
{
    struct hash *rows = hash_new();

    for (size_t i = 0; i < prose_row_count; i++)
        if (prose_rows[i].name != NULL && !prose_rows[i].is_family)
            hash_put(rows, prose_rows[i].name, (void *)&prose_rows[i]);
    return rows;
}

static const char *describe(struct arena *arena, const struct hash *rows,
                            const struct param_entry *entry)
{
    const struct prose_row *row = hash_get(rows, entry->row->name);
    const char *instead = "";

    if (row == NULL)
        fatal("parameter %s has no text: is its group in prose.c?",
              entry->name);
    if (strcmp(entry->name, row->name) != 0)
        return arena_printf(arena, "As %s, for the LMTP client.", row->name);
    if (param_fate(entry->name, &instead) == PARAM_CURRENT ||
        text_has_prefix(row->text, "Obsolete"))
        return row->text;
    if (*instead == '\0')
        return arena_printf(arena, "%s Obsolete.", row->text);
    return arena_printf(arena, "%s Obsolete: use %s.", row->text, instead);
}

/* With a word on those that have no effect yet. */
static const char *describe_state(struct arena *arena,
                                  const struct param_index *index,
                                  const char *name, const char *text)
{
    struct unbuilt unbuilt;

    if (!unbuilt_find(index, name, &unbuilt))
        return text;
    return arena_printf(arena, "%s Not built yet.", text);
}

static void put_all(void)
{
    struct arena *arena = arena_new();
    struct param_index *index = param_index_new();
    struct hash *rows = rows_by_name();
    struct list list = ARRAY_EMPTY;
    size_t count;
    const struct param_entry *const *entries = param_index_all(index, &count);

    for (size_t i = 0; i < count; i++) {
        const struct entry entry = {
            .key = entries[i]->name,
            .name = entries[i]->name,
            .default_text = entries[i]->default_text,
            .text = describe_state(arena, index, entries[i]->name,
                                   describe(arena, rows, entries[i])),
        };
        ARRAY_ADD(&list, entry);
    }
    for (size_t i = 0; i < prose_row_count; i++)
        if (prose_rows[i].is_family) {
            struct prose_row row = prose_rows[i];
            row.text = describe_state(arena, index, row.name, row.text);
            add_row(&list, arena, &row);
        }
    put_list(&list, true);
    hash_free(rows, NULL);
    param_index_free(index);
    arena_free(arena);
}

/* ---- the page ---- */

static void put_line(char *line)
{
    if (text_has_prefix(line, ".Params "))
        put_groups(line + strlen(".Params "));
    else if (strcmp(line, ".AllParams") == 0)
        put_all();
    else
        puts(line);
}

int main(int argc, char **argv)
{
    const struct log_options log = { .syslog_name = "mangen",
                                     .targets = LOG_TO_STDERR };
    struct str page = STR_EMPTY;
    struct error why = ERROR_NONE;

    log_open(&log);
    if (argc != 2)
        fatal("usage: mangen man/NAME.SECTION.in");
    if (!file_read(argv[1], PAGE_BYTES_MAX, &page, &why))
        fatal("%s", why.text);
    char *next = page.data;
    for (char *line; (line = strsep(&next, "\n")) != NULL;)
        if (next != NULL || *line != '\0')
            put_line(line);
    str_fini(&page);
    if (fflush(stdout) != 0 || ferror(stdout))
        fatal("write to standard output: %m");
    return 0;
}
