/* SPDX-License-Identifier: ISC
 *
 * fields.c - one field of a message, to text and back, for both codecs.
 */
#include <inttypes.h>
#include <limits.h>
#include <string.h>

#include "base/base64.h"
#include "base/fatal.h"
#include "base/num.h"
#include "codec_private.h"

void ipc_clear(const struct ipc_schema *schema, void *message)
{
    memset(message, 0, schema->size);
    for (size_t i = 0; i < schema->count; i++) {
        const struct ipc_field *field = &schema->fields[i];

        if (field->kind == IPC_STR)
            *IPC_MEMBER_AT(const char *, message, field) = "";
        else if (field->kind == IPC_FD)
            *IPC_MEMBER_AT(int, message, field) = -1;
        else if (field->kind == IPC_MSG)
            ipc_clear(field->of, IPC_MEMBER_AT(void, message, field));
    }
}

const struct ipc_field *ipc_find_field(const struct ipc_schema *schema,
                                       const char *name, size_t *next)
{
    for (size_t tried = 0, i = *next; tried < schema->count; tried++, i++) {
        if (i >= schema->count)
            i = 0;
        if (strcmp(schema->fields[i].name, name) == 0) {
            *next = i + 1;
            return &schema->fields[i];
        }
    }
    return NULL;
}

static bool set_bytes(struct arena *arena, struct ipc_bytes *bytes,
                      const char *text, size_t length)
{
    struct str data = STR_EMPTY;
    bool ok = base64_decode(&data, text, length);

    if (ok) {
        bytes->data = arena_memdup(arena, data.data, data.length);
        bytes->length = data.length;
    }
    str_fini(&data);
    return ok;
}

bool ipc_set_from_text(struct arena *arena, const struct ipc_field *field,
                       void *message, const char *text, size_t length)
{
    long number;

    switch (field->kind) {
    case IPC_STR:
        *IPC_MEMBER_AT(const char *, message, field) =
            arena_strndup(arena, text, length);
        return true;
    case IPC_INT:
        if (!num_parse_long(text, LONG_MIN, LONG_MAX, &number))
            return false;
        *IPC_MEMBER_AT(int64_t, message, field) = number;
        return true;
    case IPC_BYTES:
        return set_bytes(arena, IPC_MEMBER_AT(struct ipc_bytes, message, field),
                         text, length);
    case IPC_FD: /* to be replaced by what came beside the text */
        *IPC_MEMBER_AT(int, message, field) =
            strcmp(text, "0") == 0 ? -1 : IPC_FD_PROMISED;
        return true;
    case IPC_MSG:
    case IPC_LIST: break;
    }
    return false;
}

static void add_bytes(struct str *out, const struct ipc_bytes *bytes)
{
    struct str text = STR_EMPTY;

    base64_encode(&text, bytes->data, bytes->length);
    str_add_bytes(out, text.data, text.length);
    str_fini(&text);
}

void ipc_add_as_text(struct str *out, const struct ipc_field *field,
                     const void *message)
{
    const char *text;

    switch (field->kind) {
    case IPC_STR:
        text = *IPC_CONST_MEMBER_AT(char *, message, field);
        if (text != NULL)
            str_add(out, text);
        return;
    case IPC_INT:
        str_addf(out, "%" PRId64,
                 *IPC_CONST_MEMBER_AT(int64_t, message, field));
        return;
    case IPC_BYTES:
        add_bytes(out, IPC_CONST_MEMBER_AT(struct ipc_bytes, message, field));
        return;
    case IPC_FD:
        str_add(out, *IPC_CONST_MEMBER_AT(int, message, field) < 0 ? "0" : "1");
        return;
    case IPC_MSG:
    case IPC_LIST: break;
    }
    panic("field %s has no text", field->name);
}
