/* SPDX-License-Identifier: ISC
 *
 * cmd_rcpt.c - RCPT: RFC 5321, section 4.1.1.3.
 */
#include <string.h>

#include "access.h"
#include "base/log.h"
#include "base/text.h"
#include "mail/path821.h"
#include "notify.h"
#include "old_defaults.h"
#include "session.h"

static bool may_add(struct session *s, const struct smtp_line *line)
{
    if (!s->mail.active)
        return notify_reply(s, NOTIFY_PROTOCOL,
                            "503 5.5.1 Error: need MAIL command");
    if (s->mail.bdat != BDAT_NONE)
        return notify_reply(s, NOTIFY_PROTOCOL,
                            "503 5.5.1 Error: RCPT after BDAT");
    if (line->count < 2 || !text_equal_nocase(line->args[0], "TO:"))
        return notify_reply(s, NOTIFY_PROTOCOL,
                            "501 5.5.4 Syntax: RCPT TO:<address>");
    return true;
}

static bool under_limit(const struct session *s)
{
    return s->mail.recipients < (size_t)smtpd_params.smtpd_recipient_limit;
}

/* A client may go beyond the limit for a while before that is an error. */
static bool refuse_one_more(struct session *s)
{
    session_reply(s, "452 4.5.3 Error: too many recipients");
    return s->mail.refused++ <
           (size_t)smtpd_params.smtpd_recipient_overshoot_limit;
}

static bool add(struct session *s, const struct smtp_rcpt_params *params)
{
    if (!access_rcpt(s))
        return false;
    if (s->mail.post == NULL && !message_open(s))
        return false;
    message_put_flags(s);
    message_add_recipient(s, s->recipient, params);
    return session_reply(s, "250 2.1.5 Ok");
}

bool cmd_rcpt(struct session *s, const struct smtp_line *line)
{
    struct smtp_rcpt_params params;
    const char *reply, *why;
    char *address;
    unsigned flags =
        PATH821_ODD_DOMAIN |
        (smtpd_params.strict_rfc821_envelopes ? PATH821_STRICT : 0) |
        (s->mail.params.smtputf8 ? PATH821_UTF8 : 0);

    if (!may_add(s, line) || !limits_recipient(s))
        return false;
    if (!path821_parse(s->line_arena, line->args[1], flags, &address, &why) ||
        *address == '\0' || address_is_nonsense(s, address)) {
        log_warning("Illegal address syntax from %s in RCPT command: %s",
                    s->peer.label, line->args[1]);
        return notify_reply(s, NOTIFY_PROTOCOL,
                            "501 5.1.3 Bad recipient address syntax");
    }
    if (!smtp_rcpt_params_parse(s->line_arena, line->args + 2, s->offered,
                                &params, &reply))
        return notify_reply(s, NOTIFY_PROTOCOL, "%s", reply);
    if (!under_limit(s))
        return refuse_one_more(s);

    if (!s->mail.params.smtputf8)
        old_defaults_note_utf8(s, "recipient", address);
    s->recipient = address_without_period(s, address);
    s->is_to_prober = s->recipient != address;
    bool good = add(s, &params);
    s->recipient = NULL;
    s->is_to_prober = false;
    return good;
}
