/* SPDX-License-Identifier: ISC
 *
 * cmd_bdat.c - BDAT: RFC 3030, section 2.
 *
 * A chunk follows its command at once, whether or not it is welcome: it must
 * always be read. Lines may go over the ends of chunks, so what is left of
 * one waits for the next.
 */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "access.h"
#include "base/log.h"
#include "base/num.h"
#include "base/text.h"
#include "notify.h"
#include "session.h"
#include "smtp/extensions.h"

struct bdat_reader {
    struct str line; /* not ended yet */
    bool saw_bare_lf;
    long received;   /* bytes of the chunks so far */
    long discarded;  /* bytes thrown away in this transaction */
};

void bdat_reader_free(struct bdat_reader *reader)
{
    if (reader == NULL)
        return;
    str_fini(&reader->line);
    free(reader);
}

/* ---- text of a chunk ---- */

static void put_whole_line(struct session *s, struct bdat_reader *r)
{
    size_t length = r->line.length - 1; /* the LF */

    if (length > 0 && r->line.data[length - 1] == '\r')
        length--;
    else
        r->saw_bare_lf = true;
    message_put(s, true, r->line.data, length);
    str_clear(&r->line);
}

static void put_chunk_text(struct session *s, struct bdat_reader *r,
                           const char *data, size_t length)
{
    size_t max = (size_t)common_params.line_length_limit;

    while (length > 0) {
        size_t room = max + 1 - r->line.length;
        size_t take = length < room ? length : room;
        const char *lf = memchr(data, '\n', take);
        if (lf != NULL)
            take = (size_t)(lf - data) + 1;
        str_add_bytes(&r->line, data, take);
        data += take;
        length -= take;
        if (lf != NULL) {
            put_whole_line(s, r);
        } else if (r->line.length > max) {
            /* The last byte may be the CR of a line end. */
            message_put(s, false, r->line.data, r->line.length - 1);
            str_remove(&r->line, 0, r->line.length - 1);
        }
    }
}

/* Read <size> bytes; to <r>, or away if that is NULL. False: the stream
 * failed. */
static bool read_chunk(struct session *s, struct bdat_reader *r, long size)
{
    char buffer[8192];

    while (size > 0) {
        size_t want = size < (long)sizeof buffer ? (size_t)size
                                                 : sizeof buffer;
        size_t got = stream_get_some(s->stream, buffer, want);
        if (got == 0)
            return false;
        if (r != NULL)
            put_chunk_text(s, r, buffer, got);
        size -= (long)got;
    }
    return true;
}

/* ---- the command ---- */

static bool bad_syntax(struct session *s, const struct smtp_line *line)
{
    log_warning("%s: malformed BDAT command syntax from %s: BDAT%s%.100s",
                session_id(s), s->peer.label, *line->rest ? " " : "",
                line->rest);
    session_reset_mail(s);
    return notify_reply(s, NOTIFY_PROTOCOL,
                        "521 5.5.4 Syntax: BDAT count [LAST]");
}

/* Throw the chunk away and say <reply>. Chunks up to the last one will have
 * no better luck. */
static bool discard_chunk(struct session *s, long size, bool last,
                          const char *reply)
{
    static const long slack = 1024;
    struct bdat_reader *r = s->mail.chunks;
    long limit = common_params.message_size_limit;
    long discarded = (r ? r->discarded : 0) + size;

    if (limit > 0 && discarded / 3 > limit / 2 + slack) {
        log_warning("%s: too much BDAT content -- disabling further input "
                    "from %s",
                    session_id(s), s->peer.label);
        s->hang_up = true;
        return false;
    }
    if (!read_chunk(s, NULL, size))
        return false;
    session_reset_mail(s);
    if (!last) {
        s->mail.bdat = BDAT_FAILED;
        s->mail.chunks = mem_zalloc(sizeof *s->mail.chunks);
        str_init(&s->mail.chunks->line);
        s->mail.chunks->discarded = discarded;
    }
    return session_reply(s, "%s", reply);
}

/* A chunk that brings nothing, and is not the last: one could send such for
 * ever. */
static bool refuse_null(struct session *s)
{
    log_warning("%s: null BDAT request from %s", session_id(s),
                s->peer.label);
    return discard_chunk(s, 0, false, "551 5.7.1 Null BDAT request");
}

/* With this chunk, is the message longer than any may be? */
static bool is_too_long(struct session *s, long size)
{
    long limit = common_params.message_size_limit;

    if (limit <= 0 || size <= limit - s->mail.chunks->received)
        return false;
    log_warning("%s: BDAT request from %s exceeds message size limit",
                session_id(s), s->peer.label);
    return true;
}

/* Why this chunk is not wanted; NULL: it is. */
static const char *problem(struct session *s, long size)
{
    if (s->mail.bdat == BDAT_FAILED)
        return arena_printf(s->line_arena,
                            "551 5.0.0 Discarded %ld bytes after earlier "
                            "error",
                            size);
    if (!s->mail.active) {
        notify_problem(s, NOTIFY_PROTOCOL);
        return "503 5.5.1 Error: need RCPT command";
    }
    if (s->mail.recipients == 0)
        return "554 5.5.1 Error: no valid recipients";
    return NULL;
}

static void begin(struct session *s)
{
    s->mail.chunks = mem_zalloc(sizeof *s->mail.chunks);
    str_init(&s->mail.chunks->line);
    message_begin_content(s);
    s->mail.bdat = BDAT_RUNNING;
    s->in_data = true;
}

static bool finish(struct session *s)
{
    struct bdat_reader *r = s->mail.chunks;

    if (r->line.length > 0)
        message_put(s, true, r->line.data, r->line.length);
    if (r->saw_bare_lf && s->bare_lf == BARE_LF_NOTE)
        s->noted_bare_lf = true;
    if (r->saw_bare_lf && s->bare_lf == BARE_LF_REJECT)
        s->mail.errors |= CLEANUP_STAT_BARE_LF;
    return message_finish(s);
}

bool cmd_bdat(struct session *s, const struct smtp_line *line)
{
    long size;
    bool last = line->count == 2 && text_equal_nocase(line->args[1], "LAST");

    if (!(s->offered & EXT_CHUNKING)) {
        session_reset_mail(s);
        return notify_reply(s, NOTIFY_PROTOCOL,
                            "521 5.5.1 Error: command not implemented");
    }
    if (line->count < 1 || line->count > 2 || (line->count == 2 && !last) ||
        !num_parse_long(line->args[0], 0, LONG_MAX / 2, &size))
        return bad_syntax(s, line);
    if (size == 0 && !last)
        return refuse_null(s);
    const char *reply = problem(s, size);
    if (reply != NULL)
        return discard_chunk(s, size, last, reply);
    if (s->mail.bdat == BDAT_NONE) {
        if (!access_data(s)) {
            if (read_chunk(s, NULL, size))
                session_reset_mail(s);
            if (!last)
                s->mail.bdat = BDAT_FAILED;
            return false;
        }
        begin(s);
    }
    if (is_too_long(s, size))
        return discard_chunk(s, size, last,
                             "552 5.3.4 Chunk exceeds message size limit");
    s->mail.chunks->received += size;
    if (!read_chunk(s, s->mail.chunks, size))
        return false;
    if (last)
        return finish(s);
    return session_reply(s, "250 2.0.0 Ok: %ld bytes", size);
}
