/* SPDX-License-Identifier: ISC
 *
 * expire.c - may a message be returned for what its defer log says?
 *
 * A message goes only if the log has a reason for each recipient that is left:
 * the sender is told what is in it, and hears nothing of a recipient whose
 * deferral could not be written down, or whose agent has died.
 */
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/num.h"
#include "base/stream.h"
#include "base/text.h"
#include "mail/queue_dir.h"
#include "message.h"

enum { LOG_LINE_MAX = 65536 };

/* Where recipients begin in the queue file. */
struct offsets {
    ARRAY_OF(long);
};

static int compare(const void *one, const void *other)
{
    long a = *(const long *)one, b = *(const long *)other;

    return (a > b) - (a < b);
}

/* Of those that the log names, sorted. */
static void read_log(const char *id, struct offsets *out)
{
    static const char field[] = "offset=";
    int fd = queue_dir_open("defer", id, O_RDONLY);
    if (fd < 0)
        return;

    struct stream *in = stream_open(fd);
    struct str line = STR_EMPTY;
    long offset;
    while (stream_get_until(in, '\n', LOG_LINE_MAX, &line))
        if (text_has_prefix(line.data, field) &&
            num_parse_long(line.data + strlen(field), 1, LONG_MAX, &offset))
            ARRAY_ADD(out, offset);
    stream_close(in);
    str_fini(&line);
    if (out->count > 0)
        qsort(out->items, out->count, sizeof *out->items, compare);
}

/* After a REDIRECT action, the first recipient stands for all. */
static bool all_have_one(int fd, const struct offsets *reasons)
{
    struct arena *arena = arena_new(), *each = arena_new();
    struct message_reader *reader = message_reader_open(stream_open(fd), arena);
    struct envelope envelope;
    struct recipient to;

    bool good = message_reader_envelope(reader, &envelope, NULL);
    while (good && message_reader_recipient(reader, each, &to)) {
        long offset = (long)to.offset;
        good = bsearch(&offset, reasons->items, reasons->count, sizeof offset,
                       compare) != NULL;
        arena_reset(each); /* there may be a great many */
        if (*envelope.redirect != '\0')
            break;
    }
    good = good && !message_reader_failed(reader, NULL);
    message_reader_close(reader);
    arena_free(each);
    arena_free(arena);
    return good;
}

bool expire_has_reasons(const char *id)
{
    struct offsets reasons = ARRAY_EMPTY;

    read_log(id, &reasons);
    int fd = reasons.count > 0 ? queue_dir_open("active", id, O_RDONLY) : -1;
    bool has = fd >= 0 && all_have_one(fd, &reasons);
    ARRAY_FREE(&reasons);
    return has;
}
