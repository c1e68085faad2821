/* SPDX-License-Identifier: ISC
 *
 * cmd_mail.c - MAIL: RFC 5321, section 4.1.1.2.
 */
#include <string.h>
#include <sys/statvfs.h>

#include "access.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "mail/address.h"
#include "mail/path821.h"
#include "mail/verp.h"
#include "notify.h"
#include "old_defaults.h"
#include "session.h"
#include "smtp/extensions.h"

/* How many times message_size_limit must be free: a message may grow. */
#define FREE_SPACE_FACTOR 1.5

/* Is there room for one more message? */
static bool queue_has_room(void)
{
    struct statvfs fs;

    if (statvfs(".", &fs) != 0) {
        log_warning("statvfs of the queue directory failed");
        return true;
    }
    double free_bytes = (double)fs.f_bavail * (double)fs.f_frsize;
    double limit = (double)common_params.message_size_limit;

    if (smtpd_params.queue_minfree > 0 &&
        free_bytes < (double)smtpd_params.queue_minfree)
        return false;
    return limit <= 0 || free_bytes >= FREE_SPACE_FACTOR * limit;
}

static bool check_size(struct session *s, long size)
{
    long limit = common_params.message_size_limit;

    if (limit > 0 && size > limit) {
        session_log(s, "reject", "552 5.3.4 Message size exceeds fixed limit");
        return notify_reply(s, NOTIFY_POLICY,
                            "552 5.3.4 Message size exceeds fixed limit");
    }
    if (s->standalone || queue_has_room())
        return true;
    log_warning("not enough free space in mail queue: the limit is %.1f times "
                "message_size_limit, or queue_minfree", FREE_SPACE_FACTOR);
    notify_problem(s, NOTIFY_RESOURCE);
    session_log(s, "reject", "452 4.3.1 Insufficient system storage");
    return session_reply(s, "452 4.3.1 Insufficient system storage");
}

static bool check_verp(struct session *s, const struct smtp_mail_params *params,
                       const char *sender)
{
    if (params->verp == NULL)
        return true;
    if (*params->verp != '\0' &&
        verp_check(params->verp, common_params.verp_delimiter_filter) != NULL)
        return notify_reply(
            s, NOTIFY_PROTOCOL,
            "501 5.5.4 Error: XVERP needs two characters from %s",
            common_params.verp_delimiter_filter);
    if (*sender == '\0')
        return session_reply(s,
                             "503 5.5.4 Error: XVERP requires non-null sender");
    return true;
}

static bool check_utf8(struct session *s, const struct smtp_mail_params *params,
                       const char *sender)
{
    if (!smtpd_params.strict_smtputf8 || params->smtputf8 ||
        !common_params.smtputf8_enable || text_is_ascii(sender))
        return true;
    return session_reply(
        s, "553 5.6.7 Must declare SMTPUTF8 to send unicode address");
}

/* The syntax of the address comes before that of the parameters, but for the
 * one that says which syntax it is. */
static bool parse_sender(struct session *s, const struct smtp_line *line,
                         char **sender)
{
    unsigned flags =
        PATH821_ODD_DOMAIN |
        (smtpd_params.strict_rfc821_envelopes ? PATH821_STRICT : 0);
    const char *why;

    for (size_t i = 2; i < line->count; i++)
        if (text_equal_nocase(line->args[i], "SMTPUTF8") &&
            (s->offered & EXT_SMTPUTF8))
            flags |= PATH821_UTF8;
    if (path821_parse(s->line_arena, line->args[1], flags, sender, &why) &&
        !address_is_nonsense(s, *sender))
        return true;
    log_warning("Illegal address syntax from %s in MAIL command: %s",
                s->peer.label, line->args[1]);
    return notify_reply(s, NOTIFY_PROTOCOL,
                        "501 5.1.7 Bad sender address syntax");
}

/* What may not come now. */
static bool may_begin(struct session *s, const struct smtp_line *line)
{
    if (s->helo == NULL && smtpd_params.smtpd_helo_required)
        return notify_reply(s, NOTIFY_PROTOCOL,
                            "503 5.5.1 Error: send HELO/EHLO first");
    if (s->mail.active)
        return notify_reply(s, NOTIFY_PROTOCOL,
                            "503 5.5.1 Error: nested MAIL command");
    if (s->mail.bdat != BDAT_NONE)
        return notify_reply(s, NOTIFY_PROTOCOL,
                            "503 5.5.1 Error: MAIL after BDAT");
    if (line->count < 2 || !text_equal_nocase(line->args[0], "FROM:"))
        return notify_reply(s, NOTIFY_PROTOCOL,
                            "501 5.5.4 Syntax: MAIL FROM:<address>");
    return true;
}

/* The transaction begins; it may still be refused. */
static void begin(struct session *s, const char *sender,
                  const struct smtp_mail_params *params)
{
    struct transaction *mail = &s->mail;

    mail->active = true;
    s->mails++;
    mail->arrival = clock_wall();
    mail->sender = arena_strdup(s->mail_arena, sender);
    mail->params = *params;
    if (params->envid != NULL)
        mail->params.envid = arena_strdup(s->mail_arena, params->envid);
    if (params->verp != NULL)
        mail->params.verp = arena_strdup(s->mail_arena, params->verp);
}

bool cmd_mail(struct session *s, const struct smtp_line *line)
{
    struct smtp_mail_params params;
    const char *reply;
    char *sender;

    if (!may_begin(s, line) || !limits_message(s) ||
        !parse_sender(s, line, &sender))
        return false;
    if (!smtp_mail_params_parse(s->line_arena, line->args + 2, s->offered,
                                &params, &reply))
        return notify_reply(s, *reply == '5' && reply[2] == '2'
                                   ? NOTIFY_POLICY
                                   : NOTIFY_PROTOCOL,
                            "%s", reply);
    if (!check_verp(s, &params, sender) || !check_utf8(s, &params, sender))
        return false;
    begin(s, address_without_period(s, sender), &params);
    if (params.size > s->refused_size)
        s->refused_size = 0;
    long size = params.size > 0 ? params.size : s->refused_size;
    if (!check_size(s, size)) {
        s->refused_size = params.size > 0 ? params.size : size;
        session_reset_mail(s);
        return false;
    }
    if (!smtpd_params.smtpd_delay_reject && !access_mail(s)) {
        session_reset_mail(s);
        return false;
    }
    if (!smtpd_params.smtpd_delay_open_until_valid_rcpt && !message_open(s)) {
        session_reset_mail(s);
        return false;
    }
    if (!params.smtputf8)
        old_defaults_note_utf8(s, "sender", sender);
    return session_reply(s, "250 2.1.0 Ok");
}
