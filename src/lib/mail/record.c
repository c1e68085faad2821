/* SPDX-License-Identifier: ISC
 *
 * record.c - type, length, payload: the codec of queue files.
 *
 * The length is in base 128, the least significant group first; bit 7 is set
 * on all bytes but the last. Four bytes are the most that is accepted.
 */
#include "mail/record.h"

#include <string.h>
#include <unistd.h>

#include "base/format.h"

enum { LENGTH_BYTES = 4, LENGTH_BITS = 7, LENGTH_MORE = 0x80 };
enum { USUAL_LENGTH = 512 }; /* of what is formatted */

static const struct record_row {
    const char *name;
    unsigned segments;
} rows[256] = {
#define RECORD(id, letter, name, segments) [letter] = { name, segments },
#include "mail/records.def"
#undef RECORD
};

bool record_allowed(int type, enum record_segment segment)
{
    return type >= 0 && type <= 255 && (rows[type].segments & segment) != 0;
}

const char *record_name(int type)
{
    return type >= 0 && type <= 255 ? rows[type].name : NULL;
}

/* -1: too long, or the stream ended. */
static long get_length(struct stream *in)
{
    unsigned long length = 0;

    for (int i = 0; i < LENGTH_BYTES; i++) {
        int byte = stream_get_char(in);
        if (byte < 0)
            return -1;
        length |= (unsigned long)(byte & ~LENGTH_MORE) << (i * LENGTH_BITS);
        if ((byte & LENGTH_MORE) == 0)
            return (long)length;
    }
    return -1;
}

/* A forged length must not make us take memory for bytes that never come. */
static bool get_payload(struct stream *in, struct str *payload, size_t length)
{
    enum { STEP = 1 << 16 };

    str_clear(payload);
    while (payload->length < length) {
        size_t part = length - payload->length;
        if (part > STEP)
            part = STEP;
        str_reserve(payload, part);
        if (!stream_get_bytes(in, payload->data + payload->length, part))
            return false;
        payload->length += part;
        payload->data[payload->length] = 0;
    }
    return true;
}

int record_get(struct stream *in, struct str *payload, size_t max)
{
    int type = stream_get_char(in);

    if (type < 0)
        return stream_state(in) == STREAM_EOF ? REC_EOF : REC_ERROR;
    long length = get_length(in);
    if (length < 0 || (max != 0 && (size_t)length > max))
        return REC_ERROR;
    if (!get_payload(in, payload, (size_t)length))
        return REC_ERROR;
    return type;
}

void record_put(struct stream *out, int type, const char *payload,
                size_t length)
{
    char head[1 + LENGTH_BYTES + 1];
    size_t used = 0;
    size_t rest = length;

    head[used++] = (char)type;
    do {
        int byte = (int)(rest & (LENGTH_MORE - 1));
        rest >>= LENGTH_BITS;
        head[used++] = (char)(rest > 0 ? byte | LENGTH_MORE : byte);
    } while (rest > 0);
    stream_put_bytes(out, head, used);
    if (length > 0)
        stream_put_bytes(out, payload, length);
}

void record_put_text(struct stream *out, int type, const char *text)
{
    record_put(out, type, text, strlen(text));
}

void record_putf(struct stream *out, int type, const char *format, ...)
{
    char text[USUAL_LENGTH];
    va_list args;

    va_start(args, format);
    int length = format_vtext(text, sizeof text, format, args);
    va_end(args);
    if (length >= 0 && (size_t)length < sizeof text) {
        record_put(out, type, text, (size_t)length);
        return;
    }
    struct str whole = STR_EMPTY;
    va_start(args, format);
    str_vaddf(&whole, format, args);
    va_end(args);
    record_put(out, type, whole.data, whole.length);
    str_fini(&whole);
}

bool record_mark(int fd, off_t offset, int type)
{
    char byte = (char)type;

    return pwrite(fd, &byte, 1, offset) == 1;
}

int record_attribute_type(const char *name)
{
    static const struct {
        const char *name;
        int type;
    } pseudo[] = {
        { "dsn_orig_rcpt", REC_DSN_ORCPT }, { "notify_flags", REC_DSN_NOTIFY },
        { "envelope_id", REC_DSN_ENVID },   { "ret_flags", REC_DSN_RET },
        { "create_time", REC_CTIME },
    };

    for (size_t i = 0; i < sizeof pseudo / sizeof pseudo[0]; i++)
        if (strcmp(pseudo[i].name, name) == 0)
            return pseudo[i].type;
    return REC_ATTR;
}
