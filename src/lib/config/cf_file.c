/* SPDX-License-Identifier: ISC
 *
 * cf_file.c - the logical lines of a configuration file.
 */
#include "config/cf_file.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/log.h"
#include "base/str.h"
#include "base/text.h"

struct cf_file {
    char *path; /* owned */
    struct str content;
    struct str line;
    size_t position; /* in content */
    int number;      /* of the line at position */
};

static struct cf_file *cf_file_new(const char *path)
{
    struct cf_file *file = mem_zalloc(sizeof *file);
    file->path = mem_strdup(path);
    str_init(&file->content);
    str_init(&file->line);
    file->number = 1;
    return file;
}

static int line_of_offset(const char *text, size_t offset)
{
    int line = 1;
    for (size_t i = 0; i < offset; i++)
        line += text[i] == '\n';
    return line;
}

struct cf_file *cf_file_open(const char *path, struct error *why)
{
    struct cf_file *file = cf_file_new(path);

    if (!file_read(path, CF_FILE_MAX_BYTES, &file->content, why)) {
        cf_file_free(file);
        return NULL;
    }
    const char *nul = memchr(file->content.data, 0, file->content.length);
    if (nul != NULL) {
        error_set(why, "%s, line %d: the file contains a NUL byte; remove it",
                  path,
                  line_of_offset(file->content.data,
                                 (size_t)(nul - file->content.data)));
        cf_file_free(file);
        return NULL;
    }
    return file;
}

struct cf_file *cf_file_from_text(const char *name, const char *text,
                                  size_t length)
{
    struct cf_file *file = cf_file_new(name);
    const char *nul = memchr(text, 0, length);

    str_set_bytes(&file->content, text,
                  nul == NULL ? length : (size_t)(nul - text));
    return file;
}

void cf_file_free(struct cf_file *file)
{
    if (file == NULL)
        return;
    free(file->path);
    str_fini(&file->content);
    str_fini(&file->line);
    free(file);
}

const char *cf_file_path(const struct cf_file *file)
{
    return file->path;
}

/* The physical line at the position, without its end. */
static bool peek(const struct cf_file *file, const char **start,
                 size_t *length, size_t *next)
{
    if (file->position >= file->content.length)
        return false;
    *start = file->content.data + file->position;
    size_t left = file->content.length - file->position;
    const char *newline = memchr(*start, '\n', left);
    *length = newline != NULL ? (size_t)(newline - *start) : left;
    *next = file->position + *length + (newline != NULL);
    if (*length > 0 && (*start)[*length - 1] == '\r')
        --*length;
    return true;
}

static bool is_empty_or_comment(const char *start, size_t length)
{
    size_t i = 0;
    while (i < length && text_is_space((unsigned char)start[i]))
        i++;
    return i == length || start[i] == '#';
}

bool cf_file_next(struct cf_file *file, struct cf_line *line)
{
    const char *start;
    size_t length, next;
    bool found = false;

    str_clear(&file->line);
    while (peek(file, &start, &length, &next)) {
        bool skip = is_empty_or_comment(start, length);
        bool continues =
            length > 0 && text_is_space((unsigned char)start[0]);
        if (!skip && !continues && found)
            break;
        if (!skip && continues && !found) {
            log_warning("%s, line %d: logical line must not start with "
                        "whitespace: \"%.*s%s\"",
                        file->path, file->number,
                        length > 30 ? 30 : (int)length, start,
                        length > 30 ? "..." : "");
        } else if (!skip) {
            if (!found)
                line->first = file->number;
            line->last = file->number;
            found = true;
            str_add_bytes(&file->line, start, length);
        }
        file->position = next;
        file->number++;
    }
    line->text = file->line.data;
    return found;
}

bool cf_file_error(const struct cf_file *file, const struct cf_line *line,
                   struct error *why, const char *format, ...)
{
    char text[800];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (line->first == line->last)
        return error_set(why, "%s, line %d: %s", file->path, line->first,
                         text);
    return error_set(why, "%s, lines %d-%d: %s", file->path, line->first,
                     line->last, text);
}
