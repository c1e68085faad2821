/* SPDX-License-Identifier: ISC
 *
 * notify.c - the transcript of a session, sent to the postmaster.
 */
#include "notify.h"

#include <stdarg.h>
#include <time.h>

#include "base/fatal.h"
#include "base/log.h"
#include "base/text.h"
#include "mail/date.h"
#include "mail/record.h"

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

/* Classes that other programs care for. */
static const char *const others[] = { "bounce", "2bounce", "data", "delay" };

static bool is_class(const char *word)
{
    for (size_t i = 0; i < sizeof classes / sizeof *classes; i++)
        if (text_equal_nocase(word, classes[i].name))
            return true;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (text_equal_nocase(word, others[i]))
            return true;
    return false;
}

void notify_check_classes(struct arena *arena)
{
    char **words = text_split(arena, notify_params.notify_classes, NULL, NULL);

    for (; *words != NULL; words++)
        if (!is_class(*words))
            fatal("notify_classes: unknown class \"%s\"", *words);
}

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

static void put_line(const char *line, void *context)
{
    cleanup_post_line(context, " %s", line);
}

void notify_finish(struct session *s)
{
    unsigned reasons = s->problems & wanted(s->arena);
    const char *recipient = reasons == NOTIFY_BOUNCE
                                ? notify_params.bounce_notice_recipient
                                : notify_params.error_notice_recipient;

    if (s->standalone || reasons == 0)
        return;
    struct cleanup_post *post = cleanup_notice_open(
        common_params.double_bounce_sender,
        recipient, cleanup_notice_flags("notify"), 0, 0,
        common_params.myhostname, common_params.mail_name);
    if (post == NULL) {
        log_warning("could not send a postmaster notice about %s",
                    s->peer.label);
        return;
    }
    const char *format = message_params.header_from_format;
    char date[64];
    cleanup_post_line(post, "Date: %s",
                      date_format(time(NULL), date, sizeof date));
    cleanup_notice_address(post, "From", "Mail Delivery System",
                           arena_printf(s->arena, "MAILER-DAEMON@%s",
                                        common_params.myhostname),
                           format);
    cleanup_notice_address(post, "To", "Postmaster", recipient, format);
    cleanup_post_line(post, "Subject: %s SMTP server: errors from %s",
                      common_params.mail_name, s->peer.label);
    cleanup_post_line(post, "%s", "");
    cleanup_post_line(post, "Transcript of session follows.");
    cleanup_post_line(post, "%s", "");
    chat_each(s->chat, put_line, post);
    cleanup_post_line(post, "%s", "");
    cleanup_post_line(post, "For other details, see the local mail logfile");
    record_put(cleanup_post_stream(post), REC_XTRA, "", 0);
    cleanup_post_finish(post, NULL);
}
