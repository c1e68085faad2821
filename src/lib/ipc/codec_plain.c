/* SPDX-License-Identifier: ISC
 *
 * codec_plain.c - messages as lines of "name=value", for the policy protocol.
 */
#include <string.h>

#include "base/fatal.h"
#include "codec_private.h"

static bool is_flat(const struct ipc_field *field)
{
    return field->kind != IPC_MSG && field->kind != IPC_LIST &&
           field->kind != IPC_FD;
}

/* A value must not be able to end its line, or the message. */
static void make_one_line(char *text)
{
    for (; *text != '\0'; text++)
        if (*text == '\n' || *text == '\r')
            *text = '?';
}

bool plain_write(struct stream *s, const struct ipc_schema *schema,
                 const void *message)
{
    struct str out = STR_EMPTY;

    for (size_t i = 0; i < schema->count; i++) {
        const struct ipc_field *field = &schema->fields[i];

        if (!is_flat(field))
            panic("%s.%s does not fit on a line", schema->name, field->name);
        str_addf(&out, "%s=", field->name);
        size_t start = out.length;
        ipc_add_as_text(&out, field, message);
        make_one_line(out.data + start);
        str_add_char(&out, '\n');
    }
    str_add_char(&out, '\n');
    stream_put_bytes(s, out.data, out.length);
    str_fini(&out);
    return stream_flush(s);
}

static bool read_line(struct arena *arena, const struct ipc_schema *schema,
                      void *message, struct str *line)
{
    char *equals = memchr(line->data, '=', line->length);

    if (equals == NULL || equals == line->data ||
        memchr(line->data, '\0', line->length) != NULL)
        return false;
    *equals = '\0';
    const struct ipc_field *field = ipc_find_field(schema, line->data);
    if (field == NULL || !is_flat(field))
        return true;
    size_t length = line->length - (size_t)(equals + 1 - line->data);
    return ipc_set_from_text(arena, field, message, equals + 1, length);
}

bool plain_read(struct stream *s, struct arena *arena,
                const struct ipc_schema *schema, void *message)
{
    struct str line = STR_EMPTY;
    bool ok = true, ended = false;

    ipc_clear(schema, message);
    while (ok && !ended) {
        ok = stream_get_until(s, '\n', IPC_NAME_MAX + IPC_VALUE_MAX, &line);
        ended = ok && line.length == 0;
        if (ok && !ended)
            ok = read_line(arena, schema, message, &line);
    }
    str_fini(&line);
    return ok;
}
