/* SPDX-License-Identifier: ISC
 *
 * cmd_etrn.c - ETRN: RFC 1985.
 */
#include <stdbool.h>

#include "access.h"
#include "base/log.h"
#include "base/text.h"
#include "client/services.h"
#include "mail/address.h"
#include "notify.h"
#include "session.h"

static bool reply_status(struct session *s, const char *domain, int status)
{
    switch (status) {
    case FLUSH_OK:
        return session_reply(s, "250 Queuing started");
    case FLUSH_DENIED:
        log_warning("reject: ETRN %.100s... from %s", domain, s->peer.label);
        return session_reply(s, "459 <%s>: service unavailable", domain);
    default:
        log_warning("unable to talk to fast flush service");
        log_warning("reject: ETRN %.100s... from %s", domain, s->peer.label);
        return session_reply(s, "458 Unable to queue messages");
    }
}

bool cmd_etrn(struct session *s, const struct smtp_line *line)
{
    if (s->helo == NULL && smtpd_params.smtpd_helo_required)
        return notify_reply(s, NOTIFY_PROTOCOL,
                            "503 Error: send HELO/EHLO first");
    if (s->mail.active)
        return notify_reply(s, NOTIFY_PROTOCOL,
                            "503 Error: MAIL transaction in progress");
    if (line->count != 1)
        return notify_reply(s, NOTIFY_PROTOCOL, "500 Syntax: ETRN domain");

    const char *domain = line->args[0];
    if (domain[0] == '@' || domain[0] == '#')
        domain++;
    if (!domain_is_hostname(domain) && !domain_is_address_literal(domain))
        return notify_reply(s, NOTIFY_PROTOCOL,
                            "501 Error: invalid parameter syntax");
    s->etrn_domain = domain;
    bool allowed = access_etrn(s);
    s->etrn_domain = NULL;
    return allowed && reply_status(s, domain, flush_send_site(domain));
}
