/* SPDX-License-Identifier: ISC
 *
 * notify.c - the transcript of a session, sent to the postmaster.
 */
#include "notify.h"

#include <stdarg.h>

#include "base/text.h"
#include "smtp/notice.h"

static const struct {
    unsigned bit;
    const char *name;
} classes[] = {
    { NOTIFY_POLICY, "policy" },
    { NOTIFY_PROTOCOL, "protocol" },
    { NOTIFY_RESOURCE, "resource" },
    { NOTIFY_SOFTWARE, "software" },
    { NOTIFY_DATA, "data" },
    { NOTIFY_BOUNCE, "bounce" },
};

static unsigned wanted(struct arena *arena)
{
    size_t count;
    char **words = text_split(arena, notify_params.notify_classes, NULL,
                              &count);
    unsigned bits = 0;

    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < sizeof classes / sizeof *classes; j++)
            if (text_equal_nocase(words[i], classes[j].name))
                bits |= classes[j].bit;
    return bits;
}

void notify_problem(struct session *s, enum notify_class class_bit)
{
    s->problems |= class_bit;
}

bool notify_reply(struct session *s, enum notify_class class_bit,
                  const char *format, ...)
{
    va_list args;

    notify_problem(s, class_bit);
    va_start(args, format);
    const char *text = arena_vprintf(s->line_arena, format, args);
    va_end(args);
    return session_reply(s, "%s", text);
}

void notify_trim(struct session *s)
{
    if (s->problems == 0 && chat_length(s->chat) >
            (size_t)smtpd_params.smtpd_history_flush_threshold)
        chat_reset(s->chat);
}

void notify_finish(struct session *s)
{
    unsigned reasons = s->problems & wanted(s->arena);

    if (s->standalone || reasons == 0)
        return;
    const struct smtp_notice notice = {
        .recipient = reasons == NOTIFY_BOUNCE
                         ? notify_params.bounce_notice_recipient
                         : notify_params.error_notice_recipient,
        .subject = arena_printf(s->arena, "SMTP server: errors from %s",
                                s->peer.label),
        .peer = s->peer.label,
        .chat = s->chat,
        .header_from_format = message_params.header_from_format,
    };
    smtp_notice_send(&notice);
}
