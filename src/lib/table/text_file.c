/* SPDX-License-Identifier: ISC
 *
 * text_file.c - the source of a text table: a file, or rules in its name.
 */

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "internal.h"

/* One rule a line, as if they stood in a file. */
static bool open_inline(struct text_file *file, const char *name,
                        const char *type, struct error *why)
{
    struct arena *arena = arena_new();
    size_t count = 0;
    char **rules = inline_list_split(arena, name, &count);
    bool good = rules != NULL ||
                error_set(why, "bad syntax: \"%s\"; need \"{ {rule}, ... }\"",
                          name);

    for (size_t i = 0; good && i < count; i++) {
        const char *rule = inline_list_strip(arena, rules[i]);
        if (rule != NULL)
            str_addf(&file->content, "%s\n", rule);
        else if (*rules[i] == '{')
            good = error_set(why, "%s map: syntax error after '}' in \"%s\"",
                             type, rules[i]);
        else
            good = error_set(why, "%s map: no '{' at start of text in \"%s\"",
                             type, rules[i]);
    }
    arena_free(arena);
    if (!good) {
        str_fini(&file->content);
        return false;
    }
    file->is_inline = true;
    file->in = stream_open_memory(file->content.data, file->content.length);
    text_source_init(&file->source, file->in, name);
    return true;
}

bool text_file_open(struct text_file *file, const char *name,
                    const char *inline_type, const char *what,
                    struct error *why)
{
    memset(file, 0, sizeof(*file));
    str_init(&file->content);
    if (inline_type != NULL && name[0] == '{')
        return open_inline(file, name, inline_type, why);

    int fd = open(name, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return error_set(why, "open %s%s: %s", what, name, strerror(errno));
    if (fstat(fd, &file->info) != 0) {
        error_set(why, "fstat %s: %s", name, strerror(errno));
        close(fd);
        return false;
    }
    file->in = stream_open(fd);
    text_source_init(&file->source, file->in, name);
    return true;
}

bool text_file_close(struct text_file *file, struct error *why)
{
    bool good = stream_state(file->in) == STREAM_EOF;

    if (!good)
        error_set(why, "read %s: %s", file->source.path,
                  stream_error_text(file->in));
    text_source_fini(&file->source);
    stream_abandon(file->in);
    str_fini(&file->content);
    return good;
}

struct text_owner text_file_owner(const struct text_file *file)
{
    if (file->is_inline || file->info.st_uid == 0)
        return (struct text_owner){ TRUST_ROOT, 0 };
    return (struct text_owner){ TRUST_OWNER, file->info.st_uid };
}
