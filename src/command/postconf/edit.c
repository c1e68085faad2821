/* SPDX-License-Identifier: ISC
 *
 * edit.c - change main.cf and keep its comments and order.
 *
 * The new file is made in memory and takes the place of the old one whole.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/fatal.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/lock.h"
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
    } else if (change->value != NULL) {
        log_warning("ignoring earlier request: '%s = %s'", name,
                    change->value);
    }
    change->name = name;
    change->value = value;
}

const char *split_setting(char *text, char **name, char **value)
{
    *name = text_trim(text);
    char *end = *name + strcspn(*name, "= \t");
    char *equals = end + strspn(end, " \t");

    if (end == *name)
        return "missing attribute name";
    if (*equals != '=')
        return "missing '=' after attribute name";
    *value = text_trim(equals + 1);
    *end = '\0';
    return NULL;
}

static void read_setting(struct changes *changes, const char *argument)
{
    char *name, *value;

    const char *fault = split_setting(arena_strdup(changes->arena, argument),
                                      &name, &value);
    if (fault != NULL)
        fatal("%s: \"%s\"", fault, argument);
    add_change(changes, name, value);
}

static void read_name(struct changes *changes, const char *argument)
{
    char *name = text_trim(arena_strdup(changes->arena, argument));

    if (strpbrk(name, "= \t") != NULL)
        fatal("-X or -# requires names without value: \"%s\"", argument);
    add_change(changes, name, NULL);
}

static void read_arguments(const struct postconf *pc, struct changes *changes)
{
    bool set = (pc->options & OPT_EDIT) != 0;

    for (char *const *argument = pc->arguments; *argument != NULL;
         argument++) {
        must_be_one_line(*argument);
        if (set)
            read_setting(changes, *argument);
        else
            read_name(changes, *argument);
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

static void note_absent(struct postconf *pc, const struct changes *changes)
{
    for (size_t i = 0; i < changes->count; i++) {
        const struct change *change = changes->items[i];
        if (change->seen == 0 && change->value == NULL)
            ARRAY_ADD(&pc->absent, arena_strdup(pc->arena, change->name));
    }
}

/* Two edits at once: the second waits, and then works on what the first one
 * wrote. The lock is on the file itself, so after the wait its name may lead
 * to another one. */
int edit_read(const char *path, struct str *text)
{
    struct error why = ERROR_NONE;

    for (;;) {
        int fd = open(path, O_RDWR | O_CLOEXEC);
        if (fd < 0)
            fd = open(path, O_RDONLY | O_CLOEXEC);
        if (fd < 0)
            fatal("open %s: %m", path);
        if (!lock_file(fd, LOCK_STYLE_FLOCK, LOCK_KIND_EXCLUSIVE,
                       DEADLINE_NEVER))
            fatal("lock %s: %m", path);
        if (file_has_name(fd, path, 0)) {
            if (!file_read(path, CF_FILE_MAX_BYTES, text, &why))
                fatal("%s", why.text);
            return fd;
        }
        close(fd);
    }
}

static const char *remedy_of(int number)
{
    switch (number) {
    case ENOSPC:
    case EDQUOT: return "make room on its file system, and try again";
    case EROFS: return "mount its file system for writing, and try again";
    case EACCES:
    case EPERM: return "try again as the owner of its folder, or as root";
    default: return "correct this, and try again";
    }
}

void edit_write(int lock, const char *path, const struct str *text)
{
    struct error why = ERROR_NONE;

    if (!file_replace(path, 0644, text->data, text->length, &why))
        fatal("%s; %s is as it was: %s", why.text, path, remedy_of(errno));
    close(lock);
}

void edit_main(struct postconf *pc)
{
    struct changes changes = { .by_name = hash_new(), .arena = arena_new() };
    struct str old = STR_EMPTY, out = STR_EMPTY;

    read_arguments(pc, &changes);
    int lock = edit_read(pc->main_path, &old);
    edit_text(pc, &changes, &old, &out);
    edit_write(lock, pc->main_path, &out);
    note_absent(pc, &changes);
    str_fini(&old);
    str_fini(&out);
    ARRAY_FREE(&changes);
    hash_free(changes.by_name, NULL);
    arena_free(changes.arena);
}
