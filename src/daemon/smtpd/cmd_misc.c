/* SPDX-License-Identifier: ISC
 *
 * cmd_misc.c - RSET, NOOP, QUIT, HELP, and commands that this server does
 * not have.
 */
#include "notify.h"
#include "session.h"

bool cmd_rset(struct session *s, const struct smtp_line *line)
{
    if (line->count != 0)
        return notify_reply(s, NOTIFY_PROTOCOL, "501 5.5.4 Syntax: RSET");
    session_reset_mail(s);
    s->refused_size = 0;
    notify_trim(s);
    return session_reply(s, "250 2.0.0 Ok");
}

bool cmd_noop(struct session *s, const struct smtp_line *line)
{
    (void)line;
    return session_reply(s, "250 2.0.0 Ok");
}

bool cmd_quit(struct session *s, const struct smtp_line *line)
{
    (void)line;
    s->hang_up = s->has_quit = true;
    return session_reply(s, "221 2.0.0 Bye");
}

bool cmd_help(struct session *s, const struct smtp_line *line)
{
    (void)line;
    return session_reply(s, "214 2.0.0 Commands: AUTH BDAT DATA EHLO ETRN "
                            "HELO HELP MAIL NOOP QUIT RCPT RSET STARTTLS "
                            "VRFY XCLIENT XFORWARD");
}

bool cmd_starttls(struct session *s, const struct smtp_line *line)
{
    if (line->count != 0)
        return notify_reply(s, NOTIFY_PROTOCOL, "501 5.5.4 Syntax: STARTTLS");
    return notify_reply(s, NOTIFY_PROTOCOL,
                        "502 5.5.1 Error: command not implemented");
}

bool cmd_auth(struct session *s, const struct smtp_line *line)
{
    (void)line;
    if (s->helo == NULL)
        return notify_reply(s, NOTIFY_PROTOCOL,
                            "503 5.5.1 Error: send HELO/EHLO first");
    return notify_reply(s, NOTIFY_PROTOCOL,
                        "503 5.5.1 Error: authentication not enabled");
}

/* Nobody is authorized while this is not built. */
bool cmd_xclient(struct session *s, const struct smtp_line *line)
{
    if (s->mail.active)
        return notify_reply(s, NOTIFY_PROTOCOL,
                            "503 5.5.1 Error: MAIL transaction in progress");
    if (line->count == 0)
        return notify_reply(s, NOTIFY_PROTOCOL,
                            "501 5.5.4 Syntax: XCLIENT attribute=value...");
    return notify_reply(s, NOTIFY_POLICY,
                        "550 5.7.0 Error: insufficient authorization");
}
