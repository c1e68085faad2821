/* SPDX-License-Identifier: ISC
 *
 * ipc_plain.c - messages as lines of name=value.
 */
#define IPC_EMIT_TABLES
#include "ipc/schema.h"

#include <string.h>

#include "fuzz.h"
#include "ipc/codec.h"

#define FUZZ_FLAT(M, FIELD) \
    FIELD(M, STR, request)  \
    FIELD(M, INT, size)     \
    FIELD(M, BYTES, data)   \
    FIELD(M, STR, client)
IPC_MESSAGE(fuzz_flat, FUZZ_FLAT)

FUZZ(ipc_plain)
{
    struct fuzz_flat message, copy;
    struct stream *s = fuzz_stream(in);

    while (plain_read(s, in->arena, &fuzz_flat_schema, &message)) {
        struct stream *out = stream_open_memory(NULL, 0);
        FUZZ_CHECK(plain_write(out, &fuzz_flat_schema, &message));
        const struct str *wire = stream_memory(out);
        struct stream *back = stream_open_memory(wire->data, wire->length);
        FUZZ_CHECK(plain_read(back, in->arena, &fuzz_flat_schema, &copy));
        FUZZ_CHECK(copy.size == message.size &&
                   copy.data.length == message.data.length &&
                   strlen(copy.client) == strlen(message.client));
        stream_close(back);
        stream_close(out);
    }
    stream_close(s);
}
