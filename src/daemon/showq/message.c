/* SPDX-License-Identifier: ISC
 *
 * message.c - one message: size, time, sender, recipients that are left.
 *
 * The file may be that of a user, in maildrop, or be written at this moment;
 * whatever it has up to an error is shown.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "config/params.h"
#include "mail/message_reader.h"
#include "mail/queue_dir.h"
#include "mail/quote.h"
#include "showq.h"

struct listing {
    struct stream *out;
    const char *queue, *id;
    struct stat st;
    long size, data_offset;   /* 0: unknown */
    long arrival;
    struct str original;      /* of the next recipient */
    struct str quoted;
    struct hash *seen;        /* recipients that a log has named */
    bool has_sender;
    bool has_bounces;
};

static const char *quoted(struct listing *l, const char *address)
{
    str_clear(&l->quoted);
    quote_822(&l->quoted, address);
    return text_printable(l->quoted.data, '?', true);
}

/* The sender comes before the first recipient, so all is known. */
static void show_head(struct listing *l, const char *sender)
{
    if (l->has_sender)
        return;
    l->has_sender = true;
    put_text(l->out, "queue_name", l->queue);
    put_text(l->out, "queue_id", l->id);
    put_number(l->out, "time",
               l->arrival > 0 ? l->arrival : (long)l->st.st_mtime);
    put_number(l->out, "size", l->size > 0 ? l->size : (long)l->st.st_size);
    put_number(l->out, "forced_expire", (l->st.st_mode & S_IXGRP) != 0);
    put_text(l->out, "sender",
             *sender != '\0' ? quoted(l, sender) : "MAILER-DAEMON");
    list_log(l->out, "defer", l->id, l->seen);
    if (l->has_bounces)
        list_log(l->out, "bounce", l->id, l->seen);
}

static void show_recipient(struct listing *l, const char *address)
{
    if (*address == '\0')
        address = message_params.empty_address_recipient;
    if (l->has_sender && !hash_has(l->seen, quoted(l, address))) {
        struct str original = STR_EMPTY;
        quote_822(&original, l->original.data);
        put_recipient(l->out, text_printable(original.data, '?', true),
                      quoted(l, address), "", "");
        str_fini(&original);
    }
    str_clear(&l->original);
}

/* False: the rest is of no interest. */
static bool take_record(struct listing *l, int type, const struct str *payload)
{
    switch (type) {
    case REC_EOF:
    case REC_ERROR: return false;
    case REC_SIZE:
        if (sscanf(payload->data, "%ld %ld", &l->size, &l->data_offset) < 2)
            l->size = 0;
        break;
    case REC_TIME:
        if (l->arrival == 0)
            l->arrival = strtol(payload->data, NULL, 10);
        break;
    case REC_FROM: show_head(l, payload->data); break;
    case REC_ORIG: str_set(&l->original, payload->data); break;
    case REC_RCPT: show_recipient(l, payload->data); break;
    case REC_DONE:
    case REC_CANCELED: str_clear(&l->original); break;
    default: break;
    }
    return true;
}

/* Go to where the size record says that the content ends. Never back: the list
 * would have no end. */
static void skip_content(const struct listing *l, struct message_reader *reader)
{
    struct stream *in = message_reader_stream(reader);
    long end;

    if (l->size > 0 && l->data_offset > 0 &&
        !__builtin_add_overflow(l->data_offset, l->size, &end) &&
        end > stream_tell(in))
        stream_seek(in, end);
}

static void list_records(struct listing *l, struct stream *in)
{
    struct arena *arena = arena_new();
    struct message_reader *reader = message_reader_open(in, arena);
    struct str payload = STR_EMPTY;
    off_t offset;
    int type;

    do {
        type = message_reader_record(reader, &payload, &offset);
        if (type == REC_MESG)
            skip_content(l, reader);
    } while (take_record(l, type, &payload) && !listing_is_too_long(l->out));
    message_reader_close(reader);
    str_fini(&payload);
    arena_free(arena);
}

/* Of what should not be here, nothing must hold us up. -1: not to be shown. */
static int open_ready(const char *queue, const char *id, const char *path,
                      struct stat *st)
{
    int fd = queue_dir_open_path(path, O_RDONLY | O_NONBLOCK);

    if (fd >= 0 && fstat(fd, st) == 0 &&
        queue_dir_state(st) == QUEUE_FILE_READY)
        return fd;
    if (fd >= 0) {
        close(fd);
        return -1;
    }
    int reason = errno;
    if (lstat(path, st) == 0 && queue_dir_state(st) == QUEUE_FILE_READY)
        say_unreadable(queue, id, reason);
    return -1;
}

bool listing_is_too_long(const struct stream *out)
{
    enum { KEPT_MAX = 16384 };

    return stream_memory(out)->length > KEPT_MAX;
}

void list_message(struct stream *out, const char *queue, const char *id,
                  const char *path, bool has_bounces)
{
    struct listing l = { .out = out, .queue = queue, .id = id,
                         .has_bounces = has_bounces,
                         .original = STR_EMPTY, .quoted = STR_EMPTY };
    int fd = open_ready(queue, id, path, &l.st);

    if (fd < 0)
        return;
    l.seen = hash_new();
    list_records(&l, stream_open_file(fd));
    if (l.has_sender)
        put_end(out);
    hash_free(l.seen, NULL);
    str_fini(&l.original);
    str_fini(&l.quoted);
}
