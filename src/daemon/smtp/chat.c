/* SPDX-License-Identifier: ISC
 *
 * chat.c - commands out, replies in, each with the time limit of its phase.
 */
#include <stdarg.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "smtp.h"

enum { GARBAGE_MAX = 100 };

static const struct {
    const char *text, *command;
} phases[] = {
    [PHASE_GREETING] = { "receiving the initial server greeting",
                         "initial greeting" },
    [PHASE_EHLO] = { "performing the EHLO handshake", "EHLO" },
    [PHASE_HELO] = { "performing the HELO handshake", "HELO" },
    [PHASE_LHLO] = { "performing the LHLO handshake", "LHLO" },
    [PHASE_XFORWARD_NAME] = { "sending XFORWARD name/address",
                              "XFORWARD name/address" },
    [PHASE_XFORWARD_HELO] = { "sending XFORWARD protocol/helo_name",
                              "XFORWARD helo/protocol" },
    [PHASE_MAIL] = { "sending MAIL FROM", "MAIL FROM" },
    [PHASE_RCPT] = { "sending RCPT TO", "RCPT TO" },
    [PHASE_DATA] = { "sending DATA command", "DATA" },
    [PHASE_BODY] = { "sending message body", "message body" },
    [PHASE_DOT] = { "sending end of data -- message may be sent more than once",
                    "end of DATA" },
    [PHASE_LAST_RSET] = { "sending final RSET", "final RSET" },
    [PHASE_PROBE] = { "sending RSET probe", "RSET probe" },
    [PHASE_QUIT] = { "sending QUIT", "QUIT" },
};

const char *phase_text(enum phase phase)
{
    return phases[phase].text;
}

const char *phase_command(enum phase phase)
{
    return phases[phase].command;
}

static int phase_limit(enum phase phase)
{
    const struct smtp_params *p = &smtp_params;

    switch (phase) {
    case PHASE_GREETING:
    case PHASE_EHLO:
    case PHASE_HELO:
    case PHASE_LHLO: return p->smtp_helo_timeout;
    case PHASE_XFORWARD_NAME:
    case PHASE_XFORWARD_HELO: return p->smtp_xforward_timeout;
    case PHASE_MAIL: return p->smtp_mail_timeout;
    case PHASE_RCPT: return p->smtp_rcpt_timeout;
    case PHASE_DATA: return p->smtp_data_init_timeout;
    case PHASE_BODY: return p->smtp_data_xfer_timeout;
    case PHASE_DOT: return p->smtp_data_done_timeout;
    case PHASE_LAST_RSET:
    case PHASE_PROBE: return p->smtp_rset_timeout;
    case PHASE_QUIT: return p->smtp_quit_timeout;
    }
    return p->smtp_quit_timeout;
}

/* Names the phase, and starts its time limit. */
void session_phase(struct session *s, enum phase phase)
{
    int limit_s = phase_limit(phase);

    s->phase = phase;
    stream_set_timeout(s->stream, limit_s);
    if (!smtp_params.smtp_per_request_deadline)
        return;
    stream_set_deadline(s->stream, deadline_in_s(limit_s));
    stream_set_min_rate(s->stream, phase == PHASE_BODY
                                       ? (int)smtp_params.smtp_min_data_rate
                                       : 0);
}

void session_send(struct session *s, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    const char *line = arena_vprintf(s->arena, format, args);
    va_end(args);
    if (s->chat != NULL)
        chat_note(s->chat, "Out:", line);
    if (s->verbosity > 0)
        log_info("> %s: %s", s->relay, line);
    stream_put(s->stream, line);
    stream_put(s->stream, "\r\n");
}

/* ---- Replies ------------------------------------------------------------ */

/* smtp_reply_filter: another line in place of the server's. */
static bool filter_line(struct str *line, void *context)
{
    struct str value = STR_EMPTY;
    struct session *s = context;
    enum answer answer =
        maps_get(settings()->reply_filter, line->data, false, &value);

    if (answer == FOUND) {
        log_info("%s: replacing server reply \"%s\" with \"%s\"", s->relay,
                 line->data, value.data);
        str_swap(line, &value);
    }
    if (answer == FAILED) {
        log_warning("%s: table %s lookup error for %s",
                    s->delivery->request->wire->queue_id,
                    smtp_params.smtp_reply_filter, line->data);
        s->table_failed = true;
    }
    str_fini(&value);
    return answer != FAILED;
}

static void note_lines(struct session *s, const char *text)
{
    char *cursor = arena_strdup(s->arena, text);
    char *line;

    while ((line = text_token(&cursor, "\n")) != NULL) {
        if (s->chat != NULL)
            chat_note(s->chat, "In: ", line);
        if (s->verbosity > 0)
            log_info("< %s: %s", s->relay, line);
    }
}

/* Control characters out of each line; the line ends stay. */
static void make_printable(char *text)
{
    while (text != NULL) {
        char *newline = strchr(text, '\n');

        if (newline != NULL)
            *newline = '\0';
        text_printable(text, '?', true);
        if (newline != NULL)
            *newline++ = '\n';
        text = newline;
    }
}

/* Codes that say that we made a mistake: RFC 5321, section 4.2.2. To try EHLO
 * is none. */
static bool is_our_mistake(const struct session *s, int code)
{
    return s->phase != PHASE_EHLO &&
           (code == 555 || (code >= 500 && code < 510));
}

static bool read_reply(struct session *s, struct smtp_reply *reply)
{
    smtp_line_filter *filter =
        maps_is_empty(settings()->reply_filter) ? NULL : filter_line;

    if (!smtp_reply_read(s->stream, s->arena,
                         (size_t)common_params.line_length_limit, filter, s,
                         reply))
        return false;
    make_printable((char *)(size_t)reply->text);
    if (s->chat != NULL || s->verbosity > 0)
        note_lines(s, reply->text);
    return true;
}

/* A line that is no reply is skipped, unless replies to several commands are
 * due: then nobody could say which of them belongs to which command. */
static bool may_skip_garbage(struct session *s, const struct smtp_reply *reply,
                             int *skipped)
{
    log_warning("%s: non-%s response from %s: %.100s",
                s->delivery->request->wire->queue_id,
                s->is_lmtp ? "LMTP" : "ESMTP", s->relay, reply->text);
    s->problems |= PROBLEM_PROTOCOL;
    if ((s->features & EXT_PIPELINING) == 0)
        return ++*skipped < GARBAGE_MAX;
    if (!common_params.helpful_warnings)
        return false;
    log_warning("to prevent loss of mail, turn off command pipelining for %s "
                "with the %s parameter",
                s->server.address,
                s->is_lmtp ? "lmtp_discard_lhlo_keyword_address_maps"
                           : "smtp_discard_ehlo_keyword_address_maps");
    return false;
}

/* The server hangs up in the middle of things: that is no success, although it
 * looks like one (RFC 5321, 4.2.3 has 221 for QUIT alone). */
static void take_farewell(struct session *s, struct smtp_reply *reply)
{
    if (s->phase == PHASE_QUIT)
        return;
    s->is_dead = true;
    reply->code = 421;
    reply->dsn = "4.4.2";
}

bool session_reply(struct session *s, struct smtp_reply *reply)
{
    int skipped = 0;

    do {
        if (!read_reply(s, reply))
            return false;
    } while (reply->code == 0 && may_skip_garbage(s, reply, &skipped));
    if (reply->code == 0)
        return false;
    if (reply->code == 221)
        take_farewell(s, reply);
    if (reply->code == 421)
        s->no_reuse = true;
    if (is_our_mistake(s, reply->code))
        s->problems |= PROBLEM_PROTOCOL;
    return true;
}
