/* SPDX-License-Identifier: ISC
 *
 * edit.c - change main.cf and keep its comments and order.
 *
 * The new file is made in memory and takes the place of the old one whole.
 */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/fatal.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/text.h"
#include "config/cf_file.h"
#include "edit.h"

static void must_be_one_line(const char *argument)
{
    if (strchr(argument, '\n') != NULL)
        fatal("-e, -X, or -# accepts no multi-line input");
}

/* What to do with one name. */
struct change {
    const char *name, *value; /* value NULL: remove or comment out */
    int seen;
};

struct changes {
    ARRAY_OF(struct change *);
    struct hash *by_name;
    struct arena *arena;
};

static void add_change(struct changes *changes, const char *name,
                       const char *value)
{
    struct change *change = hash_get(changes->by_name, name);

    if (change == NULL) {
        change = ARENA_NEW(changes->arena, struct change);
        hash_put(changes->by_name, name, change);
        ARRAY_ADD(changes, change);
    }
    change->name = name;
    change->value = value;
}

static void read_setting(struct changes *changes, const char *argument)
{
    char *text = text_trim(arena_strdup(changes->arena, argument));
    size_t length = strcspn(text, "= \t");
    char *equals = text + length + strspn(text + length, " \t");

    if (length == 0)
        fatal("missing attribute name: \"%s\"", argument);
    if (*equals != '=')
        fatal("missing '=' after attribute name: \"%s\"", argument);
    char *value = text_trim(equals + 1);
    text[length] = '\0';
    add_change(changes, text, value);
}

static void read_arguments(const struct postconf *pc, struct changes *changes)
{
    bool set = (pc->options & OPT_EDIT) != 0;

    for (char *const *argument = pc->arguments; *argument != NULL;
         argument++) {
        must_be_one_line(*argument);
        if (set)
            read_setting(changes, *argument);
        else if (strpbrk(*argument, "= \t") != NULL)
            fatal("-X or -# requires names without value: \"%s\"",
                  *argument);
        else
            add_change(changes, *argument, NULL);
    }
}

bool edit_line_next(struct edit_lines *lines)
{
    const struct str *text = lines->text;

    if (lines->next >= text->length)
        return false;
    lines->start = text->data + lines->next;
    const char *newline =
        memchr(lines->start, '\n', text->length - lines->next);
    lines->length = newline != NULL ? (size_t)(newline - lines->start)
                                    : text->length - lines->next;
    lines->next += lines->length + (newline != NULL);

    size_t blank = 0;
    while (blank < lines->length &&
           text_is_space((unsigned char)lines->start[blank]))
        blank++;
    lines->is_comment =
        blank == lines->length || lines->start[blank] == '#';
    lines->continues = !lines->is_comment && blank > 0;
    return true;
}

void edit_keep_line(struct str *out, const struct edit_lines *lines,
                    bool comment_out)
{
    if (comment_out)
        str_add_char(out, '#');
    str_add_bytes(out, lines->start, lines->length);
    str_add_char(out, '\n');
}

static struct change *change_of_line(const struct changes *changes,
                                     const struct edit_lines *lines)
{
    size_t length = 0;
    while (length < lines->length &&
           strchr("= \t\r", lines->start[length]) == NULL)
        length++;
    char *name = arena_strndup(changes->arena, lines->start, length);
    return hash_get(changes->by_name, name);
}

static void write_setting(struct str *out, const struct change *change)
{
    str_addf(out, "%s = %s\n", change->name, change->value);
}

static void edit_text(const struct postconf *pc, struct changes *changes,
                      const struct str *old, struct str *out)
{
    bool comment_out = (pc->options & OPT_COMMENT) != 0;
    struct edit_lines lines = { .text = old };
    struct change *change = NULL; /* of the logical line that we are in */

    while (edit_line_next(&lines)) {
        if (!lines.is_comment && !lines.continues) {
            change = change_of_line(changes, &lines);
            if (change != NULL && change->value != NULL)
                write_setting(out, change);
            if (change != NULL && change->seen++ == 1)
                log_warning("%s: multiple entries for \"%s\"", pc->main_path,
                            change->name);
        }
        if (lines.is_comment || change == NULL || comment_out)
            edit_keep_line(out, &lines, !lines.is_comment && change != NULL);
    }
    for (size_t i = 0; i < changes->count; i++)
        if (changes->items[i]->seen == 0 && changes->items[i]->value != NULL)
            write_setting(out, changes->items[i]);
}

void edit_read(const char *path, struct str *text)
{
    struct error why = ERROR_NONE;

    if (!file_read(path, CF_FILE_MAX_BYTES, text, &why))
        fatal("%s", why.text);
}

void edit_write(const char *path, const struct str *text)
{
    struct error why = ERROR_NONE;

    if (!file_replace(path, 0644, text->data, text->length, &why))
        fatal("%s", why.text);
}

int edit_main(const struct postconf *pc)
{
    struct changes changes = { .by_name = hash_new(), .arena = arena_new() };
    struct str old = STR_EMPTY, out = STR_EMPTY;

    read_arguments(pc, &changes);
    edit_read(pc->main_path, &old);
    edit_text(pc, &changes, &old, &out);
    edit_write(pc->main_path, &out);
    str_fini(&old);
    str_fini(&out);
    ARRAY_FREE(&changes);
    hash_free(changes.by_name, NULL);
    arena_free(changes.arena);
    return 0;
}
