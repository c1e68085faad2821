/* SPDX-License-Identifier: ISC
 *
 * codec.c - messages to and from a stream, by their descriptors.
 *
 * A nested message is written as the name "{member", which has no value, its
 * fields, and the empty name that ends it; a list as one of these for each
 * item. So a reader can skip what it does not know.
 */
#include "ipc/codec.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "codec_private.h"

enum { USUAL_LENGTH = 500 }; /* of a message, to grow its text once */

/* ---- writing ---- */

static void add_text(struct str *out, const char *text)
{
    str_add_bytes(out, text, strlen(text) + 1);
}

static void add_fields(struct str *out, const struct ipc_schema *schema,
                       const void *message);

static void add_nested(struct str *out, const struct ipc_field *field,
                       const void *message)
{
    str_add_char(out, '{');
    add_text(out, field->name);
    add_fields(out, field->of, message);
}

static void add_list(struct str *out, const struct ipc_field *field,
                     const struct ipc_list *list)
{
    const char *item = list->items;

    for (size_t i = 0; i < list->count; i++, item += field->of->size)
        add_nested(out, field, item);
}

static void add_fields(struct str *out, const struct ipc_schema *schema,
                       const void *message)
{
    for (size_t i = 0; i < schema->count; i++) {
        const struct ipc_field *field = &schema->fields[i];

        if (field->kind == IPC_MSG) {
            add_nested(out, field, IPC_CONST_MEMBER_AT(void, message, field));
        } else if (field->kind == IPC_LIST) {
            add_list(out, field,
                     IPC_CONST_MEMBER_AT(struct ipc_list, message, field));
        } else {
            add_text(out, field->name);
            ipc_add_as_text(out, field, message);
            str_add_char(out, '\0');
        }
    }
    str_add_char(out, '\0');
}

/* The descriptor of <message>, or -1. */
static int descriptor_of(const struct ipc_schema *schema, const void *message)
{
    for (size_t i = 0; i < schema->count; i++)
        if (schema->fields[i].kind == IPC_FD)
            return *IPC_CONST_MEMBER_AT(int, message, &schema->fields[i]);
    return -1;
}

bool ipc_write(struct stream *s, const struct ipc_schema *schema,
               const void *message, bool flush)
{
    struct str out = STR_EMPTY;
    int fd = descriptor_of(schema, message);
    bool ok;

    str_reserve(&out, USUAL_LENGTH);
    add_fields(&out, schema, message);
    if (fd >= 0) {
        ok = ipc_write_with_descriptor(s, &out, fd);
    } else {
        stream_put_bytes(s, out.data, out.length);
        ok = flush ? stream_flush(s) : !stream_failed(s);
    }
    str_fini(&out);
    return ok;
}

void ipc_write_pair(struct stream *s, const char *name, const char *value)
{
    stream_put_bytes(s, name, strlen(name) + 1);
    stream_put_bytes(s, value, strlen(value) + 1);
}

/* ---- reading ---- */

struct reader {
    struct stream *stream;
    struct arena *arena;
    struct str name, value;
    size_t items; /* of all lists */
};

static bool read_fields(struct reader *r, const struct ipc_schema *schema,
                        void *message, int depth);

bool ipc_read_pair(struct stream *s, struct str *name, struct str *value)
{
    return stream_get_until(s, '\0', IPC_NAME_MAX, name) && name->length > 0 &&
           stream_get_until(s, '\0', IPC_VALUE_MAX, value);
}

/* A message that the schema does not know. */
static bool skip_fields(struct reader *r, int depth)
{
    if (depth > IPC_NESTING_MAX)
        return false;
    while (stream_get_until(r->stream, '\0', IPC_NAME_MAX, &r->name)) {
        if (r->name.length == 0)
            return true;
        if (r->name.data[0] == '{') {
            if (!skip_fields(r, depth + 1))
                return false;
        } else if (!stream_get_until(r->stream, '\0', IPC_BYTES_MAX * 4 / 3 + 4,
                                     &r->value)) {
            return false;
        }
    }
    return false;
}

/* A place for one more item. The array doubles, and leaves the old half to
 * the arena. */
static void *add_item(struct reader *r, struct ipc_list *list, size_t size)
{
    if ((list->count & (list->count - 1)) == 0) {
        size_t capacity = list->count == 0 ? 1 : list->count * 2;
        void *larger = arena_array(r->arena, capacity, size);

        if (list->count > 0)
            memcpy(larger, list->items, list->count * size);
        list->items = larger;
    }
    return (char *)list->items + list->count++ * size;
}

static bool read_nested(struct reader *r, const struct ipc_field *field,
                        void *message, int depth)
{
    if (field == NULL || (field->kind != IPC_MSG && field->kind != IPC_LIST))
        return skip_fields(r, depth + 1);

    void *to = IPC_MEMBER_AT(void, message, field);
    if (field->kind == IPC_LIST) {
        if (r->items++ == IPC_ITEMS_MAX)
            return false;
        to = add_item(r, to, field->of->size);
    }
    return read_fields(r, field->of, to, depth + 1);
}

static bool read_value(struct reader *r, const struct ipc_field *field,
                       void *message)
{
    size_t max = IPC_VALUE_MAX;

    if (field == NULL || field->kind == IPC_BYTES)
        max = IPC_BYTES_MAX * 4 / 3 + 4;
    if (!stream_get_until(r->stream, '\0', max, &r->value))
        return false;
    return field == NULL || ipc_set_from_text(r->arena, field, message,
                                              r->value.data, r->value.length);
}

static bool read_fields(struct reader *r, const struct ipc_schema *schema,
                        void *message, int depth)
{
    if (depth > IPC_NESTING_MAX)
        return false;
    size_t next = 0;

    ipc_clear(schema, message);
    while (stream_get_until(r->stream, '\0', IPC_NAME_MAX, &r->name)) {
        const char *name = r->name.data;

        if (*name == '\0')
            return true;
        bool is_nested = *name == '{';
        const struct ipc_field *field =
            ipc_find_field(schema, is_nested ? name + 1 : name, &next);
        bool ok = is_nested ? read_nested(r, field, message, depth)
                            : read_value(r, field, message);
        if (!ok)
            return false;
    }
    return false;
}

static void set_descriptor(struct stream *s, const struct ipc_schema *schema,
                           void *message)
{
    for (size_t i = 0; i < schema->count; i++) {
        int *fd = IPC_MEMBER_AT(int, message, &schema->fields[i]);

        if (schema->fields[i].kind == IPC_FD && *fd == IPC_FD_PROMISED)
            *fd = ipc_take_descriptor(s);
    }
}

bool ipc_read(struct stream *s, struct arena *arena,
              const struct ipc_schema *schema, void *message)
{
    struct reader r = { s, arena, STR_EMPTY, STR_EMPTY, 0 };
    bool has_descriptor = ipc_has_descriptor(schema);

    str_reserve(&r.name, IPC_NAME_MAX);
    str_reserve(&r.value, IPC_NAME_MAX);
    if (has_descriptor)
        ipc_accept_descriptors(s);
    bool ok = read_fields(&r, schema, message, 0);
    if (has_descriptor && ok)
        set_descriptor(s, schema, message);
    str_fini(&r.name);
    str_fini(&r.value);
    return ok;
}
