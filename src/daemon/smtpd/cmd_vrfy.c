/* SPDX-License-Identifier: ISC
 *
 * cmd_vrfy.c - VRFY: RFC 5321, section 3.5.3.
 */
#include <string.h>

#include "access.h"
#include "base/log.h"
#include "base/text.h"
#include "mail/path821.h"
#include "notify.h"
#include "session.h"
#include "smtp/extensions.h"

static bool check(struct session *s, const char *shown, char *address)
{
    s->recipient = address;
    bool good = access_rcpt(s);
    s->recipient = NULL;
    return good && session_reply(s, "252 2.0.0 %s", shown);
}

/* What may stand behind the address. */
static bool declares_utf8(const struct session *s, const struct smtp_line *line)
{
    return (s->offered & EXT_SMTPUTF8) && line->count > 0 &&
           text_equal_nocase(line->args[line->count - 1], "SMTPUTF8");
}

bool cmd_vrfy(struct session *s, const struct smtp_line *line)
{
    const char *why;
    char *address;
    char *shown = text_trim(arena_strdup(s->line_arena, line->rest));
    bool utf8 = declares_utf8(s, line);

    if (smtpd_params.disable_vrfy_command)
        return notify_reply(s, NOTIFY_PROTOCOL,
                            "502 5.5.1 VRFY command is disabled");
    if (s->helo == NULL && smtpd_params.smtpd_helo_required)
        return notify_reply(s, NOTIFY_PROTOCOL,
                            "503 5.5.1 Error: send HELO/EHLO first");
    if (line->count == (utf8 ? 1 : 0))
        return notify_reply(s, NOTIFY_PROTOCOL,
                            "501 5.5.4 Syntax: VRFY address [SMTPUTF8]");
    if (utf8)
        shown = text_trim(arena_strndup(s->line_arena, shown,
                                        strlen(shown) - strlen("SMTPUTF8")));
    if (!path821_parse(s->line_arena, shown,
                       PATH821_ODD_DOMAIN | PATH821_UNCLOSED |
                           (utf8 ? PATH821_UTF8 : 0),
                       &address, &why) ||
        *address == '\0' || address_is_nonsense(s, address)) {
        log_warning("Illegal address syntax from %s in VRFY command: %s",
                    s->peer.label, shown);
        return notify_reply(s, NOTIFY_PROTOCOL,
                            "501 5.1.3 Bad recipient address syntax");
    }
    if (smtpd_params.strict_smtputf8 && !utf8 && !text_is_ascii(address))
        return session_reply(
            s, "553 5.6.7 Must declare SMTPUTF8 to send unicode address");
    return check(s, shown, address);
}
