/* SPDX-License-Identifier: ISC
 *
 * queue_record.c - the records of a queue file, one after the other.
 */
#include "mail/record.h"

#include <string.h>

#include "fuzz.h"

/* What was read can be written and read again. */
static void write_again(int type, const struct str *payload)
{
    struct stream *out = stream_open_memory(NULL, 0);
    struct str again = STR_EMPTY;

    record_put(out, type, payload->data, payload->length);
    const struct str *wire = stream_memory(out);
    struct stream *s = stream_open_memory(wire->data, wire->length);
    FUZZ_CHECK(record_get(s, &again, 0) == type);
    FUZZ_CHECK(again.length == payload->length &&
               memcmp(again.data, payload->data, again.length) == 0);
    stream_close(s);
    stream_close(out);
    str_fini(&again);
}

FUZZ(queue_record)
{
    size_t max = fuzz_byte(in);
    struct stream *s = fuzz_stream(in);
    struct str payload = STR_EMPTY;
    int type;

    while ((type = record_get(s, &payload, max)) >= 0) {
        FUZZ_CHECK(max == 0 || payload.length <= max);
        record_name(type);
        record_allowed(type, SEG_ENVELOPE);
        record_attribute_type(payload.data);
        write_again(type, &payload);
    }
    FUZZ_CHECK(type == REC_EOF || type == REC_ERROR);
    str_fini(&payload);
    stream_close(s);
}
