/* SPDX-License-Identifier: ISC
 *
 * notify.c - the transcript of a session, sent to the postmaster.
 */
#include "settings.h"
#include "smtp.h"
#include "smtp/notice.h"

void notify_postmaster(struct session *s)
{
    if ((s->problems & settings()->notify) == 0)
        return;
    const struct smtp_notice notice = {
        .recipient = notify_params.error_notice_recipient,
        .subject = arena_printf(s->arena, "%s client: errors from %s",
                                s->is_lmtp ? "LMTP" : "SMTP", s->relay),
        .reason = arena_printf(s->arena, "Unexpected response from %s.",
                               s->relay),
        .peer = s->relay,
        .chat = s->chat,
        .header_from_format = message_params.header_from_format,
    };

    smtp_notice_send(&notice);
}
