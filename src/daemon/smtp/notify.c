/* SPDX-License-Identifier: ISC
 *
 * notify.c - the transcript of a session, sent to the postmaster.
 */
#include <string.h>

#include "base/text.h"
#include "settings.h"
#include "smtp.h"
#include "smtp/notice.h"

/* Notices about what becomes of notices would never end. */
static bool is_notice(const char *sender)
{
    const char *name = common_params.double_bounce_sender;
    size_t length = strlen(name);

    return *sender == '\0' || text_equal_nocase(sender, name) ||
           (text_equal_nocase_n(sender, name, length) &&
            sender[length] == '@' &&
            text_equal_nocase(sender + length + 1, common_params.myorigin));
}

void notify_postmaster(struct session *s)
{
    if ((s->problems & settings()->notify) == 0 ||
        is_notice(s->delivery->request->wire->sender))
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
