/* SPDX-License-Identifier: ISC
 *
 * ipc_codec.c - messages between processes, in both forms.
 */
#include "ipc/codec.h"

#include <string.h>

#include "fuzz.h"
#include "ipc/messages/delivery.h"
#include "ipc/messages/small.h"

enum { MESSAGES_MAX = 8 };

/* A message that was read is the same after it was sent again. */
static void again(struct fuzz_input *in, const struct delivery_request *request)
{
    struct stream *out = stream_open_memory(NULL, 0);
    struct stream *second = stream_open_memory(NULL, 0);
    struct delivery_request copy;

    FUZZ_CHECK(ipc_send(out, delivery_request, request));
    const struct str *wire = stream_memory(out);
    struct stream *s = stream_open_memory(wire->data, wire->length);
    FUZZ_CHECK(ipc_receive(s, in->arena, delivery_request, &copy));
    FUZZ_CHECK(ipc_send(second, delivery_request, &copy));
    const struct str *twice = stream_memory(second);
    FUZZ_CHECK(twice->length == wire->length &&
               memcmp(twice->data, wire->data, wire->length) == 0);
    stream_close(s);
    stream_close(second);
    stream_close(out);
}

FUZZ(ipc_codec)
{
    struct delivery_request request;
    struct stream *s = fuzz_stream(in);

    for (int i = 0; i < MESSAGES_MAX; i++)
        if (ipc_receive(s, in->arena, delivery_request, &request))
            again(in, &request);
    stream_close(s);
}
