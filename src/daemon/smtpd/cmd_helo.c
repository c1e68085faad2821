/* SPDX-License-Identifier: ISC
 *
 * cmd_helo.c - HELO and EHLO: RFC 5321, section 4.1.1.1.
 */
#include <string.h>

#include "access.h"
#include "base/log.h"
#include "base/text.h"
#include "notify.h"
#include "session.h"
#include "settings.h"
#include "smtp/extensions.h"

/* The argument as it may stand in a header and a log: without what has a
 * meaning there. */
static void set_name(struct session *s, const char *text)
{
    char *name = text_trim(arena_strdup(s->line_arena, text));

    for (char *p = text_printable(name, '?', true); *p != '\0'; p++)
        if (strchr(" \"();<>@\\", *p) != NULL)
            *p = '?';
    str_set(&s->helo_text, name);
    s->helo = s->helo_text.data;
}

/* What a client can use to which nothing was offered. */
unsigned helo_not_offered(void)
{
    unsigned bits = EXT_SIZE | EXT_DSN | EXT_CHUNKING;

    if (common_params.smtputf8_enable)
        bits |= EXT_SMTPUTF8;
    return bits & ~settings()->discard_ehlo;
}

/* A new HELO ends a transaction, unless it is refused. */
static bool start_over(struct session *s, const struct smtp_line *line,
                       bool ehlo)
{
    s->if_permit_helo = (struct deferred_verdict) { 0 };
    set_name(s, line->rest);
    if (!smtpd_params.smtpd_delay_reject && !access_helo(s))
        return false;
    session_reset_mail(s);
    s->refused_size = 0;
    notify_trim(s);
    s->ehlo = s->ehlo || ehlo; /* HELO takes nothing back */
    return true;
}

bool cmd_helo(struct session *s, const struct smtp_line *line)
{
    if (line->count == 0)
        return notify_reply(s, NOTIFY_PROTOCOL, "501 Syntax: HELO hostname");
    if (!start_over(s, line, false))
        return false;
    if (!s->ehlo)
        s->offered = helo_not_offered();
    return session_reply(s, "250 %s", common_params.myhostname);
}

/* What this client is not told of. FAILED: it cannot be said now. */
static enum answer discarded_for(struct session *s, unsigned *discard)
{
    struct maps *maps = settings()->discard_ehlo_maps;
    struct str list = STR_EMPTY;

    *discard = settings()->discard_ehlo;
    if (maps_is_empty(maps))
        return ABSENT;
    enum answer answer = maps_get(maps, s->peer.address, false, &list);
    if (answer == FOUND)
        *discard = smtp_extensions_parse(
            "smtpd_discard_ehlo_keyword_address_maps", list.data);
    if (answer == FAILED)
        log_warning("don't know what EHLO features to announce to %s",
                    s->peer.label);
    str_fini(&list);
    return answer;
}

static unsigned offered_to(struct session *s)
{
    unsigned bits = EXT_PIPELINING | EXT_SIZE | EXT_ETRN |
                    EXT_ENHANCEDSTATUSCODES | EXT_8BITMIME | EXT_DSN |
                    EXT_CHUNKING;

    if (!smtpd_params.disable_vrfy_command)
        bits |= EXT_VRFY;
    if (common_params.smtputf8_enable)
        bits |= EXT_SMTPUTF8;
    if (!match_list_is_empty(settings()->verp_clients) &&
        match_list_has(settings()->verp_clients, s->peer.name,
                       s->peer.address, NULL) == FOUND)
        bits |= EXT_VERP;
    if (match_list_has(settings()->xforward_hosts, s->peer.name,
                       s->peer.address, NULL) == FOUND)
        bits |= EXT_XFORWARD;
    return bits;
}

/* A SIZE line says how much is taken, when there is a limit. */
static const char *keyword_line(struct session *s, unsigned bit)
{
    if (bit == EXT_SIZE && common_params.message_size_limit > 0)
        return arena_printf(s->line_arena, "SIZE %ld",
                            common_params.message_size_limit);
    if (bit == EXT_XFORWARD)
        return "XFORWARD NAME ADDR PROTO HELO SOURCE PORT IDENT";
    return smtp_extension_keyword(bit);
}

bool cmd_ehlo(struct session *s, const struct smtp_line *line)
{
    if (line->count == 0)
        return notify_reply(s, NOTIFY_PROTOCOL, "501 Syntax: EHLO hostname");
    if (!start_over(s, line, true)) {
        s->offered = EXT_ENHANCEDSTATUSCODES | EXT_CHUNKING;
        return false;
    }
    unsigned discard;
    if (discarded_for(s, &discard) == FAILED)
        return session_data_error(s);
    s->offered = offered_to(s) & ~discard;

    const char *text = arena_printf(s->line_arena, "250 %s",
                                    common_params.myhostname);
    for (unsigned bit = 1; bit <= EXT_REQUIRETLS; bit <<= 1)
        if (s->offered & bit)
            text = arena_printf(s->line_arena, "%s\r\n250 %s", text,
                                keyword_line(s, bit));
    return session_reply(s, "%s", text);
}
