/* SPDX-License-Identifier: ISC
 *
 * session.c - one client from greeting to disconnect.
 */
#include "session.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "base/utf8.h"
#include "mail/header.h"
#include "smtp/extensions.h"
#include "notify.h"
#include "policy.h"
#include "settings.h"

enum command_flag { JUNK = 1 << 0, LAST = 1 << 1, PRE_TLS = 1 << 2 };

static const struct command {
    const char *verb;
    bool (*serve)(struct session *s, const struct smtp_line *line);
    unsigned flags;
} commands[] = {
#define COMMAND(verb, handler, flags) { verb, handler, flags },
#include "commands.def"
#undef COMMAND
};

enum { COMMANDS = sizeof commands / sizeof *commands };
_Static_assert((int)COMMANDS == (int)COMMAND_UNKNOWN, "one counter a command");

const char *session_id(const struct session *s)
{
    return s->mail.post ? cleanup_post_id(s->mail.post) : "NOQUEUE";
}

const char *session_protocol(const struct session *s)
{
    return s->ehlo ? "ESMTP" : "SMTP";
}

void session_reset_mail(struct session *s)
{
    if (s->mail.active) {
        s->forwarded = (struct forwarded) { 0 };
        arena_reset(s->forwarded_arena);
    }
    cleanup_post_cancel(s->mail.post);
    bdat_reader_free(s->mail.chunks);
    ARRAY_FREE(&s->mail.prepended);
    ARRAY_FREE(&s->mail.delegated.bcc);
    memset(&s->mail, 0, sizeof s->mail);
    s->recipient = NULL;
    s->if_permit_sender = (struct deferred_verdict) { 0 };
    s->in_data = false;
    arena_reset(s->mail_arena);
}

/* ---- one command ---- */

/* The client's way out of the loop: it vanished, or was too slow. */
static void lost(struct session *s)
{
    const char *what = "lost connection";
    const char *bytes = "";

    if (stream_state(s->stream) == STREAM_TIMEOUT)
        what = "timeout";
    if (s->in_data)
        bytes = arena_printf(s->arena, " (%ld bytes)", s->mail.size);
    log_info("%s: %s after %s%s from %s", session_id(s), what, s->where, bytes,
             s->peer.label);
    if (stream_state(s->stream) == STREAM_TIMEOUT) {
        stream_clear_error(s->stream);
        stream_set_deadline(s->stream, DEADLINE_NEVER);
        stream_set_timeout(s->stream, 1);
        session_reply(s, "421 4.4.2 %s Error: timeout exceeded",
                      common_params.myhostname);
    }
    s->hang_up = true;
}

bool session_data_error(struct session *s)
{
    const char *text = arena_printf(
        s->line_arena, "421 4.3.0 %s Server local data error",
        common_params.myhostname);

    log_info("%s: reject: %s from %s: %s", session_id(s), s->where,
             s->peer.label, text);
    s->hang_up = true;
    return session_reply(s, "%s", text);
}

/* smtpd_command_filter may turn a line into another. */
static const char *filter_line(struct session *s, const char *text)
{
    struct str out = STR_EMPTY;

    if (maps_is_empty(settings()->command_filter))
        return text;
    switch (maps_get(settings()->command_filter, text, false, &out)) {
    case FOUND:
        text = arena_strdup(s->line_arena, out.data);
        break;
    case FAILED:
        log_warning("smtpd_command_filter: lookup error for \"%s\"", text);
        session_data_error(s);
        break;
    case ABSENT:
        break;
    }
    str_fini(&out);
    return text;
}

/* A web form or a proxy that sends a message as if it were commands. */
static bool is_header(const char *verb)
{
    return header_name_length(verb, strlen(verb)) > 0;
}

static bool unknown_command(struct session *s, const char *verb,
                            const char *text)
{
    if (is_header(verb) ||
        match_list_has(settings()->forbidden_commands, verb, NULL, NULL) ==
            FOUND) {
        log_warning("non-SMTP command from %s: %s", s->peer.label,
                    text_escape(s->line_arena, text, strnlen(text, 100)));
        s->hang_up = true;
        session_reply(s, "221 2.7.0 Error: I can break rules, too. Goodbye.");
        return false;
    }
    return notify_reply(s, NOTIFY_PROTOCOL,
                        "500 5.5.2 Error: command not recognized");
}

static const struct command *find_command(const char *verb)
{
    for (size_t i = 0; i < COMMANDS; i++)
        if (strcmp(commands[i].verb, verb) == 0)
            return &commands[i];
    return NULL;
}

/* Before the first EHLO, and after HELO, nobody announced PIPELINING. */
static bool must_wait(const struct session *s, const struct command *command)
{
    return !s->ehlo || !(s->offered & EXT_PIPELINING) ||
           (command->flags & LAST) != 0;
}

static bool serve_known(struct session *s, const struct command *command,
                        const struct smtp_line *line)
{
    if (s->access_denied && command->serve != cmd_quit)
        return notify_reply(s, NOTIFY_PROTOCOL,
                            "503 5.7.0 Error: access denied for %s",
                            s->peer.label);
    if (settings()->fail_closed && !(command->flags & PRE_TLS))
        return session_reply(s,
                             "530 5.7.0 Must issue a STARTTLS command first");
    if (must_wait(s, command) && command->serve != cmd_quit &&
        !session_check_pipelining(s, command->verb))
        return false;
    return command->serve(s, line);
}

/* Commands that do nothing cost something only when they are many. */
static void count_junk(struct session *s)
{
    if (s->junk++ > smtpd_params.smtpd_junk_command_limit)
        s->errors++;
}

/* What a line comes to: a good reply or not, and which counter. A NUL ends
 * it. */
static bool serve_line(struct session *s, const char *text, size_t *counter)
{
    *counter = COMMAND_UNKNOWN;
    if (common_params.smtputf8_enable && !utf8_is_valid(text, strlen(text)))
        return notify_reply(s, NOTIFY_PROTOCOL,
                            "500 5.5.2 Error: bad UTF-8 syntax");
    text = filter_line(s, text);
    if (s->hang_up)
        return false;

    struct smtp_line line;
    smtp_line_parse(s->line_arena, text, &line);
    if (*line.verb == '\0' || line.too_many)
        return notify_reply(s, NOTIFY_PROTOCOL, "500 5.5.2 Error: bad syntax");
    const struct command *command = find_command(line.verb);
    if (match_list_has(settings()->noop_commands, line.verb, NULL, NULL) ==
        FOUND) {
        count_junk(s);
        return session_reply(s, "250 2.0.0 Ok");
    }
    if (command == NULL) {
        s->where = "UNKNOWN";
        return unknown_command(s, line.verb, text);
    }
    *counter = (size_t)(command - commands);
    s->where = command->verb;
    if (command->flags & JUNK)
        count_junk(s);
    return serve_known(s, command, &line);
}

/* A lone LF where the policy forbids it. False: the session is over. */
static bool allow_bare_lf(struct session *s, const char *text)
{
    if (s->bare_lf == BARE_LF_NOTE)
        s->noted_bare_lf = true;
    if (s->bare_lf != BARE_LF_REJECT)
        return true;
    char *verb = arena_strndup(s->line_arena, text, strcspn(text, " \t"));
    s->where = find_command(text_upper(verb)) ? verb : "UNKNOWN";
    session_log(s, "reject", "bare <LF> received");
    notify_reply(s, NOTIFY_PROTOCOL, "%ld 5.5.2 %s Error: bare <LF> received",
                 smtpd_params.smtpd_forbid_bare_newline_reject_code,
                 common_params.myhostname);
    s->hang_up = true;
    return false;
}

static void refuse_long_line(struct session *s, struct str *text, bool endless)
{
    log_warning("%s: request longer than %ld: %.30s...", s->peer.label,
                common_params.line_length_limit,
                text_printable(text->data, '?', true));
    notify_reply(s, NOTIFY_PROTOCOL, "500 5.5.2 %s Error: command too long",
                 common_params.myhostname);
    s->errors++;
    if (!endless)
        return;
    log_warning("disabling input from %s:%s socket", s->peer.address,
                s->peer.port);
    log_info("%s: lost connection after %s from %s", session_id(s), s->where,
             s->peer.label);
    s->hang_up = true;
}

static void serve_command(struct session *s, struct str *text)
{
    bool bare_lf;

    arena_reset(s->line_arena);
    if (smtpd_params.smtpd_per_request_deadline) {
        stream_set_min_rate(s->stream, (int)smtpd_params.smtpd_min_data_rate);
        stream_set_deadline(s->stream,
                            deadline_in_s(smtpd_params.smtpd_timeout));
    }
    switch (smtp_line_read(s->stream,
                           (size_t)common_params.line_length_limit, text,
                           &bare_lf)) {
    case SMTP_LINE_OK:
        break;
    case SMTP_LINE_TOO_LONG:
        refuse_long_line(s, text, false);
        return;
    case SMTP_LINE_ENDLESS:
        refuse_long_line(s, text, true);
        return;
    case SMTP_LINE_LOST:
        lost(s);
        return;
    }
    chat_note(s->chat, "In: ", text->data);
    if (s->verbosity > 0)
        log_info("< %s: %s", s->peer.label, text->data);
    if (bare_lf && !allow_bare_lf(s, text->data))
        return;

    size_t counter;
    bool good = serve_line(s, text->data, &counter);
    s->counts[counter].total++;
    if (good)
        s->counts[counter].good++;
    else
        s->errors++;
    if (stream_failed(s->stream) && !s->hang_up)
        lost(s);
}

static void serve_commands(struct session *s)
{
    struct str text = STR_EMPTY;

    while (!s->hang_up) {
        if (s->errors >= smtpd_params.smtpd_hard_error_limit) {
            session_reply(s, "421 4.7.0 %s Error: too many errors",
                          common_params.myhostname);
            log_info("%s: too many errors after %s from %s", session_id(s),
                     s->where, s->peer.label);
            notify_problem(s, NOTIFY_PROTOCOL);
            break;
        }
        serve_command(s, &text);
    }
    str_fini(&text);
}

/* ---- the session ---- */

static const char *counter_name(struct session *s, size_t i)
{
    if (i == COMMAND_UNKNOWN)
        return "unknown";
    return text_lower(arena_strdup(s->arena, commands[i].verb));
}

static void log_disconnect(struct session *s)
{
    struct str text = STR_EMPTY;
    int good = 0, total = 0;

    for (size_t i = 0; i < COMMAND_KINDS; i++) {
        int g = s->counts[i].good, t = s->counts[i].total;
        if (t == 0)
            continue;
        str_addf(&text, " %s=%d", counter_name(s, i), g);
        if (g != t)
            str_addf(&text, "/%d", t);
        good += g;
        total += t;
    }
    str_addf(&text, " commands=%d", good);
    if (good != total || total == 0)
        str_addf(&text, "/%d", total);
    log_info("disconnect from %s%s%s", s->peer.label, text.data,
             s->noted_bare_lf ? " notes=bare_lf" : "");
    str_fini(&text);
}

static void session_init(struct session *s, struct service_client *client)
{
    memset(s, 0, sizeof *s);
    s->client = client;
    s->stream = client->stream;
    s->standalone = client->is_standalone;
    s->arena = arena_new();
    s->mail_arena = arena_new();
    s->line_arena = arena_new();
    s->forwarded_arena = arena_new();
    str_init(&s->helo_text);
    s->chat = chat_new();
    s->where = "CONNECT";
    s->verbosity = log_verbose();
    s->offered = helo_not_offered();
    s->started = clock_wall();
    stream_set_timeout(s->stream, smtpd_params.smtpd_timeout);
}

static void session_fini(struct session *s)
{
    session_reset_mail(s);
    policy_close(s);
    chat_free(s->chat);
    str_fini(&s->helo_text);
    arena_free(s->forwarded_arena);
    arena_free(s->line_arena);
    arena_free(s->mail_arena);
    arena_free(s->arena);
}

/* The reply to QUIT may travel with the end of the connection, when nothing is
 * left to do before that takes time. */
static bool can_reply_at_the_end(const struct session *s)
{
    return s->has_quit && !s->counted && s->problems == 0;
}

void session_serve(struct service_client *client)
{
    struct session s;

    session_init(&s, client);
    peer_init(&s);
    if (session_greet(&s))
        serve_commands(&s);
    if (!can_reply_at_the_end(&s) && !stream_failed(s.stream))
        stream_flush(s.stream);
    limits_disconnect(&s);
    log_disconnect(&s);
    notify_finish(&s);
    session_fini(&s);
}
