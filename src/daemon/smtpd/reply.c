/* SPDX-License-Identifier: ISC
 *
 * reply.c - replies and log lines of a session.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/expand.h"
#include "base/log.h"
#include "base/text.h"
#include "client/client.h"
#include "mail/dsn.h"
#include "session.h"
#include "settings.h"

/* ---- smtpd_reject_filter_maps ---- */

/* "4xx" or "5xx", and the class of an enhanced code agrees. */
static bool is_reject_reply(const char *text)
{
    if ((text[0] != '4' && text[0] != '5') ||
        !isdigit((unsigned char)text[1]) ||
        !isdigit((unsigned char)text[2]) || (text[3] != ' ' && text[3] != '-'))
        return false;
    return dsn_status_length(text + 4) == 0 || text[4] == text[0];
}

static void filter_reply(struct session *s, struct str *text)
{
    struct str out = STR_EMPTY;

    if (maps_is_empty(settings()->reject_filter))
        return;
    if (maps_get(settings()->reject_filter, text->data, false, &out) == FOUND) {
        if (is_reject_reply(out.data)) {
            log_info("%s: reply filter in: %s", session_id(s), text->data);
            log_info("%s: reply filter out: %s", session_id(s), out.data);
            str_set(text, out.data);
        } else {
            log_warning("%s: ignoring invalid reject filter result: %s",
                        session_id(s), out.data);
        }
    }
    str_fini(&out);
}

/* ---- smtpd_reject_footer ---- */

static const char *footer_value(const char *name, void *context)
{
    struct session *s = context;
    const struct {
        const char *name, *value;
    } values[] = {
        { "client_address", s->peer.address },
        { "client_name", s->peer.name },
        { "client_port", s->peer.port },
        { "helo_name", s->helo ? s->helo : "" },
        { "sender", s->mail.active ? s->mail.sender : "" },
        { "server_name", common_params.myhostname },
    };

    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        if (strcmp(values[i].name, name) == 0)
            return values[i].value;
    if (strcmp(name, "localtime") == 0) {
        time_t now = time(NULL);
        struct tm tm;
        char *text = arena_alloc(s->line_arena, 32);
        strftime(text, 32, "%b %d %H:%M:%S", localtime_r(&now, &tm));
        return text;
    }
    return NULL;
}

/* The footer as written; NULL: none. In the line's arena. */
static const char *find_footer(struct session *s, const char *reply)
{
    struct str out = STR_EMPTY;
    const char *footer = NULL;

    if (!maps_is_empty(settings()->footer) &&
        maps_get(settings()->footer, reply, false, &out) == FOUND)
        footer = arena_strdup(s->line_arena, out.data);
    str_fini(&out);
    if (footer != NULL)
        return footer;
    footer = smtpd_params.smtpd_reject_footer;
    return *footer ? footer : NULL;
}

/* Each "\n" of the footer begins a line with the reply's codes; a leading
 * "\c" joins the footer to the text. */
static void add_footer(struct session *s, struct str *text)
{
    const char *footer = find_footer(s, text->data);
    struct str expanded = STR_EMPTY;
    struct error why = ERROR_NONE;
    const struct expand_options options = {
        .lookup = footer_value, .context = s,
        .filter = settings()->expansion_filter,
    };

    if (footer == NULL)
        return;
    if (!expand_text(&expanded, footer, &options, NULL, &why)) {
        log_warning("smtpd_reject_footer: %s", why.text);
        str_fini(&expanded);
        return;
    }
    size_t dsn = dsn_status_length(text->data + 4);
    char *codes = arena_strndup(s->line_arena, text->data,
                                dsn ? 4 + dsn : 3);
    const char *p = expanded.data;
    bool join = text_has_prefix(p, "\\c");
    if (join)
        p += 2;
    while (*p != '\0') {
        const char *end = strstr(p, "\\n");
        size_t length = end ? (size_t)(end - p) : strlen(p);
        if (!join)
            str_addf(text, "\r\n%s ", codes);
        str_add_bytes(text, p, length);
        join = false;
        p += length + (end ? 2 : 0);
    }
    str_fini(&expanded);
}

/* All lines but the last get a '-' behind the code. */
static void mark_continuation(struct str *text)
{
    char *line = text->data;
    char *next;

    while ((next = strstr(line, "\r\n")) != NULL) {
        if (strlen(line) > 3)
            line[3] = '-';
        line = next + 2;
    }
}

static void send_lines(struct session *s, struct str *text)
{
    char *line = text->data;

    stream_put(s->stream, text->data);
    stream_put(s->stream, "\r\n");
    for (char *next; line != NULL; line = next) {
        next = strstr(line, "\r\n");
        if (next != NULL) {
            *next = '\0';
            next += 2;
        }
        chat_note(s->chat, "Out:", line);
        if (s->verbosity > 0)
            log_info("> %s: %s", s->peer.label, line);
    }
}

/* Many errors: the client waits (smtpd_error_sleep_time). */
static void slow_down(struct session *s)
{
    if (s->errors < smtpd_params.smtpd_soft_error_limit || s->hang_up)
        return;
    stream_flush(s->stream);
    clock_sleep_ms(smtpd_params.smtpd_error_sleep_time * 1000L);
}

bool session_reply(struct session *s, const char *format, ...)
{
    struct str text = STR_EMPTY;
    va_list args;

    va_start(args, format);
    str_vaddf(&text, format, args);
    va_end(args);
    bool refusal = text.data[0] == '4' || text.data[0] == '5';
    if (refusal) {
        filter_reply(s, &text);
        if (common_params.soft_bounce && text.data[0] == '5') {
            text.data[0] = '4';
            if (text.length > 4 && text.data[4] == '5' &&
                dsn_status_length(text.data + 4) > 0)
                text.data[4] = '4';
        }
        add_footer(s, &text);
    }
    slow_down(s);
    if (strncmp(text.data, "421", 3) == 0 || strncmp(text.data, "521", 3) == 0)
        s->hang_up = true;
    mark_continuation(&text);
    send_lines(s, &text);
    str_fini(&text);
    return !refusal;
}

/* ---- logging ---- */

/* "; from=<> to=<> proto=SMTP helo=<x>" */
static const char *envelope_text(struct session *s)
{
    struct str text = STR_EMPTY;

    if (s->mail.active)
        str_addf(&text, " from=<%s>",
                 logged_address(s->line_arena, s->mail.sender));
    if (s->recipient != NULL)
        str_addf(&text, " to=<%s>",
                 logged_address(s->line_arena, s->recipient));
    str_addf(&text, " proto=%s", session_protocol(s));
    if (s->helo != NULL)
        str_addf(&text, " helo=<%s>", s->helo);
    const char *result = arena_printf(s->line_arena, ";%s", text.data);
    str_fini(&text);
    return result;
}

void session_log(struct session *s, const char *action, const char *text)
{
    log_info("%s: %s: %s from %s: %s%s", session_id(s), action, s->where,
             s->peer.label, text, envelope_text(s));
}
