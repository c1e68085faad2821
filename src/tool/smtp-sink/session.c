/* SPDX-License-Identifier: ISC
 *
 * session.c - one client of the test server.
 */
#include <stdlib.h>
#include <string.h>

#include "base/fiber.h"
#include "base/log.h"
#include "base/num.h"
#include "base/text.h"
#include "sink.h"
#include "smtp/text.h"

enum { LINE_MAX_BYTES = 4096, TEXT_PIECE = 4096 };

const char *const sink_names[SINK_COMMANDS] = {
    "CONNECT", "HELO", "EHLO", "LHLO", "XCLIENT", "XFORWARD", "AUTH", "MAIL",
    "RCPT", "VRFY", "DATA", "BDAT", ".", "RSET", "NOOP", "QUIT",
};

static bool reply(struct sink_session *me, const char *text)
{
    if (log_verbose())
        log_info(">>> %s", text);
    stream_put(me->s, text);
    stream_put(me->s, "\r\n");
    /* With more commands at hand, one write carries all the replies. */
    return stream_buffered(me->s) > 0 || stream_flush(me->s);
}

static bool ok(struct sink_session *me)
{
    return reply(me, sink_options.no_enhanced ? "250 Ok" : "250 2.0.0 Ok");
}

static void forget_mail(struct sink_session *me)
{
    str_clear(&me->mail.mail_args);
    for (size_t i = 0; i < me->mail.rcpt_args.count; i++)
        free(me->mail.rcpt_args.items[i]);
    me->mail.rcpt_args.count = 0;
}

static void wait_for(const struct sink_rule *rule)
{
    int times = 1;

    if (rule->delay_s <= 0)
        return;
    if (rule->odds > 0)
        while ((int)(random() % 100) < rule->odds)
            times++;
    fiber_sleep_until(deadline_in_s(rule->delay_s * times));
}

/* What the options say of <command>. True: it was answered here; *end: the
 * session is over. */
static bool ruled(struct sink_session *me, enum sink_command command,
                  bool *end)
{
    const struct sink_rule *rule = &sink_options.rules[command];

    *end = false;
    if (rule->log)
        log_info("%s", me->line.length > 0 ? me->line.data
                                           : sink_names[command]);
    wait_for(rule);
    if (rule->hangup) {
        *end = true;
        return true;
    }
    if (rule->close_421) {
        reply(me, "421 4.0.0 Server closing connection");
        stream_flush(me->s);
        *end = true;
        return true;
    }
    if (rule->hard || rule->soft) {
        *end = !reply(me, rule->hard ? sink_options.hard_reply
                                     : sink_options.soft_reply);
        return true;
    }
    return false;
}

/* ---- commands ---- */

static void put_extension(struct str *out, const char *keyword)
{
    str_addf(out, "250-%s\r\n", keyword);
}

static bool say_hello(struct sink_session *me, enum sink_command command,
                      const char *args)
{
    struct str out = STR_EMPTY;

    str_set(&me->helo_args, args);
    forget_mail(me);
    me->protocol = command == SINK_HELO   ? "SMTP"
                   : command == SINK_EHLO ? "ESMTP"
                                          : "LMTP";
    if (command == SINK_HELO) {
        str_addf(&out, "250 %s", sink_options.host);
    } else {
        put_extension(&out, sink_options.host);
        if (!sink_options.no_pipelining)
            put_extension(&out, "PIPELINING");
        if (!sink_options.no_8bitmime)
            put_extension(&out, "8BITMIME");
        if (!sink_options.no_auth)
            put_extension(&out, "AUTH PLAIN LOGIN");
        if (!sink_options.no_xclient)
            put_extension(&out, "XCLIENT NAME HELO");
        if (!sink_options.no_xforward)
            put_extension(&out, "XFORWARD NAME ADDR PROTO HELO");
        if (!sink_options.no_enhanced)
            put_extension(&out, "ENHANCEDSTATUSCODES");
        if (!sink_options.no_dsn)
            put_extension(&out, "DSN");
        /* The last line has a blank for its hyphen, and no line end yet. */
        str_truncate(&out, out.length - 2);
        char *last = out.data;
        for (char *next; (next = strstr(last, "\r\n")) != NULL;)
            last = next + 2;
        last[3] = ' ';
    }
    bool sent = reply(me, out.data);
    str_fini(&out);
    return sent;
}

static bool begin_mail(struct sink_session *me, const char *args)
{
    if (me->mail.mail_args.length > 0)
        return reply(me, "503 5.5.1 Error: nested MAIL command");
    str_set(&me->mail.mail_args, args);
    return ok(me);
}

static bool add_recipient(struct sink_session *me, const char *args)
{
    if (me->mail.mail_args.length == 0)
        return reply(me, "503 5.5.1 Error: need MAIL command");
    ARRAY_ADD(&me->mail.rcpt_args, mem_strdup(args));
    return ok(me);
}

/* The reply after the text; in LMTP one a recipient. */
static bool end_mail(struct sink_session *me)
{
    size_t replies = sink_options.lmtp ? me->mail.rcpt_args.count : 1;
    bool end = false, go_on = true;

    me->line.length = 0;
    for (size_t i = 0; i < replies && go_on; i++)
        go_on = ruled(me, SINK_DOT, &end) ? !end : ok(me);
    forget_mail(me);
    sink_count_message();
    /* After the last message nobody waits for clients that keep sessions. */
    if (sink_is_done() && stream_buffered(me->s) == 0)
        return false;
    return go_on;
}

/* A line end in front of a dot; NULL: there is none. Dots are rare: this takes a
 * fraction of the time of memmem. */
static const char *find_dot_line(const char *text, size_t length)
{
    const char *end = text + length;
    const char *dot = text;

    while ((dot = memchr(dot, '.', (size_t)(end - dot))) != NULL) {
        if (dot > text && dot[-1] == '\n')
            return dot - 1;
        dot++;
    }
    return NULL;
}

/* To the next line that begins with a dot, as far as it is at hand. */
static void skip_lines(struct text_reader *reader)
{
    const char *text = stream_peek(reader->in);
    size_t have = stream_buffered(reader->in);
    const char *end = find_dot_line(text, have);
    size_t length = end != NULL ? (size_t)(end + 1 - text) : have;

    if (length == 0 || (!reader->in_line && text[0] == '.'))
        return;
    reader->in_line = text[length - 1] != '\n';
    stream_skip(reader->in, length);
}

static bool read_text(struct sink_session *me)
{
    struct text_reader reader;
    struct stream *dump = dump_open(me);
    enum text_line got;

    text_reader_init(&reader, me->s, BARE_LF_ALLOW, TEXT_PIECE);
    if (dump == NULL)
        skip_lines(&reader);
    while ((got = text_reader_next(&reader, &me->line)) != TEXT_END) {
        if (got == TEXT_LOST)
            break;
        if (dump == NULL)
            skip_lines(&reader);
        else
            dump_line(dump, &me->line);
    }
    if (got == TEXT_END)
        dump_close(dump);
    else if (dump != NULL)
        stream_abandon(dump);
    return got == TEXT_END;
}

static bool data(struct sink_session *me)
{
    if (me->mail.rcpt_args.count == 0)
        return reply(me, "503 5.5.1 Error: need RCPT command");
    if (sink_options.data_delay_s > 0)
        fiber_sleep_until(deadline_in_s(sink_options.data_delay_s));
    reply(me, "354 End data with <CR><LF>.<CR><LF>");
    if (!stream_flush(me->s))
        return false;
    if (sink_options.abort_data) {
        fiber_sleep_until(deadline_in_s(sink_options.abort_delay_s));
        reply(me, "550 5.0.0 This violates SMTP");
        stream_flush(me->s);
        return false;
    }
    if (sink_options.read_delay_s > 0)
        fiber_sleep_until(deadline_in_s(sink_options.read_delay_s));
    return read_text(me) && end_mail(me);
}

static bool bdat(struct sink_session *me, const char *args)
{
    char buffer[4096];
    char *text = mem_strdup(args), *cursor = text;
    const char *size_text = text_token(&cursor, " \t");
    const char *last = text_token(&cursor, " \t");
    long size = 0;
    bool is_last = last != NULL && text_equal_nocase(last, "LAST");
    bool good = size_text != NULL &&
                num_parse_long(size_text, 0, 1L << 40, &size);

    free(text);
    if (!good)
        return reply(me, "501 5.5.4 Syntax: BDAT count [LAST]");
    while (size > 0) {
        size_t want = size < (long)sizeof buffer ? (size_t)size
                                                 : sizeof buffer;
        if (!stream_get_bytes(me->s, buffer, want))
            return false;
        size -= (long)want;
    }
    return is_last ? end_mail(me) : ok(me);
}

/* Carry out one command. False: the session is over. */
static bool run(struct sink_session *me, enum sink_command command,
                const char *args)
{
    switch (command) {
    case SINK_HELO:
        return say_hello(me, command, args);
    case SINK_EHLO:
        if (sink_options.no_esmtp || sink_options.lmtp)
            break;
        return say_hello(me, command, args);
    case SINK_LHLO:
        if (!sink_options.lmtp)
            break;
        return say_hello(me, command, args);
    case SINK_MAIL:
        return begin_mail(me, args);
    case SINK_RCPT:
        return add_recipient(me, args);
    case SINK_DATA:
        return data(me);
    case SINK_BDAT:
        return bdat(me, args);
    case SINK_AUTH:
        return reply(me, "235 2.7.0 Authentication successful");
    case SINK_XCLIENT:
    case SINK_RSET:
        forget_mail(me);
        return ok(me);
    case SINK_XFORWARD:
    case SINK_NOOP:
    case SINK_VRFY:
        return ok(me);
    case SINK_QUIT:
        sink_count_quit();
        reply(me, "221 Bye");
        stream_flush(me->s);
        return false;
    case SINK_CONNECT:
    case SINK_DOT:
    case SINK_COMMANDS:
        break;
    }
    return reply(me, "500 5.5.1 Error: unknown command");
}

static bool serve_line(struct sink_session *me)
{
    char *line = text_trim(me->line.data);
    size_t length = strcspn(line, " \t:");
    const char *args = line + length + strspn(line + length, " \t");
    bool end;

    if (log_verbose())
        log_info("<<< %s", line);
    for (int c = SINK_HELO; c < SINK_COMMANDS; c++) {
        if (c == SINK_DOT || strlen(sink_names[c]) != length ||
            !text_equal_nocase_n(line, sink_names[c], length))
            continue;
        if (ruled(me, (enum sink_command)c, &end))
            return !end;
        /* The arguments may be overwritten by a message's text. */
        char *copy = mem_strdup(args);
        bool go_on = run(me, (enum sink_command)c, copy);
        free(copy);
        return go_on;
    }
    return reply(me, "500 5.5.1 Error: unknown command");
}

static bool greet(struct sink_session *me)
{
    struct str greeting = STR_EMPTY;
    bool end;

    if (ruled(me, SINK_CONNECT, &end))
        return !end;
    if (sink_options.pix)
        str_set(&greeting, "220 ********");
    else
        str_setf(&greeting, "220 %s%s", sink_options.host,
                 sink_options.no_esmtp ? "" : " ESMTP");
    bool sent = reply(me, greeting.data);
    str_fini(&greeting);
    return sent;
}

void sink_serve(struct sink_session *me)
{
    bool bare_lf;

    stream_set_timeout(me->s, sink_options.timeout_s);
    me->protocol = "SMTP";
    bool go_on = greet(me);
    while (go_on && smtp_line_read(me->s, LINE_MAX_BYTES, &me->line,
                                   &bare_lf) == SMTP_LINE_OK)
        go_on = serve_line(me);
    forget_mail(me);
    ARRAY_FREE(&me->mail.rcpt_args);
    str_fini(&me->mail.mail_args);
    str_fini(&me->helo_args);
    str_fini(&me->line);
}
