/* SPDX-License-Identifier: ISC
 *
 * cmd_data.c - DATA: RFC 5321, section 4.1.1.4.
 */
#include "access.h"
#include "notify.h"
#include "session.h"

static bool may_send(struct session *s, const struct smtp_line *line)
{
    if (s->mail.bdat != BDAT_NONE)
        return notify_reply(s, NOTIFY_PROTOCOL,
                            "503 5.5.1 Error: DATA after BDAT");
    if (s->mail.recipients == 0)
        return s->mail.active
                   ? session_reply(s, "554 5.5.1 Error: no valid recipients")
                   : notify_reply(s, NOTIFY_PROTOCOL,
                                  "503 5.5.1 Error: need RCPT command");
    if (line->count != 0)
        return notify_reply(s, NOTIFY_PROTOCOL, "501 5.5.4 Syntax: DATA");
    return true;
}

/* All lines to the end. False: the stream failed. */
static bool receive(struct session *s)
{
    struct text_reader reader;
    struct str line = STR_EMPTY;
    enum text_line kind;

    text_reader_init(&reader, s->stream, s->bare_lf,
                     (size_t)common_params.line_length_limit);
    while ((kind = text_reader_next(&reader, &line)) == TEXT_LINE ||
           kind == TEXT_PART)
        message_put(s, kind == TEXT_LINE, line.data, line.length);
    str_fini(&line);
    if (reader.saw_bare_lf && s->bare_lf == BARE_LF_NOTE)
        s->noted_bare_lf = true;
    if (reader.saw_bare_lf && s->bare_lf == BARE_LF_REJECT)
        s->mail.errors |= CLEANUP_STAT_BARE_LF;
    return kind == TEXT_END;
}

bool cmd_data(struct session *s, const struct smtp_line *line)
{
    if (!may_send(s, line) || !access_data(s))
        return false;
    message_begin_content(s);
    s->in_data = true;
    session_reply(s, "354 End data with <CR><LF>.<CR><LF>");
    if (!receive(s))
        return false;
    return message_finish(s);
}
