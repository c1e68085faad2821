/* SPDX-License-Identifier: ISC
 *
 * expire.c - messages that postsuper wants returned: no more attempt is made.
 *
 * What the defer log says was the matter is what the sender is told. A message
 * without a log was not tried yet, and is deferred for its expiration alone.
 */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/stream.h"
#include "base/text.h"
#include "mail/queue_dir.h"
#include "message.h"

enum { LOG_LINE_MAX = 65536 };

/* How many recipients have a reason in the log; -1: there is no log. */
static long count_reasons(const char *id)
{
    int fd = queue_dir_open("defer", id, O_RDONLY);
    if (fd < 0)
        return -1;

    struct stream *in = stream_open(fd);
    struct str line = STR_EMPTY;
    long count = 0;
    while (stream_get_until(in, '\n', LOG_LINE_MAX, &line))
        count += text_has_prefix(line.data, "recipient=");
    stream_close(in);
    str_fini(&line);
    return count;
}

static long count_recipients(int fd)
{
    struct arena *arena = arena_new(), *each = arena_new();
    struct message_reader *reader = message_reader_open(stream_open(fd), arena);
    struct envelope envelope;
    struct recipient to;
    long count = 0;

    if (message_reader_envelope(reader, &envelope, NULL))
        while (message_reader_recipient(reader, each, &to)) {
            count++;
            arena_reset(each); /* there may be a great many */
        }
    message_reader_close(reader);
    arena_free(each);
    arena_free(arena);
    return count;
}

/* A log that an attempt did not get to write to its end would let recipients
 * get lost without a word. */
bool expire_has_reasons(const char *id)
{
    long reasons = count_reasons(id);
    if (reasons <= 0)
        return false;
    int fd = queue_dir_open("active", id, O_RDONLY);
    return fd >= 0 && reasons >= count_recipients(fd);
}
