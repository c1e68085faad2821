/* SPDX-License-Identifier: ISC
 *
 * notify.c - the transcript of a session, sent to the postmaster.
 */
#include <time.h>

#include "base/log.h"
#include "client/cleanup.h"
#include "mail/date.h"
#include "mail/record.h"
#include "smtp.h"

static void put_line(const char *line, void *context)
{
    cleanup_post_line(context, " %s", line);
}

static void put_head(struct cleanup_post *post, const struct session *s)
{
    const char *format = message_params.header_from_format;
    char date[64];

    cleanup_post_line(post, "Date: %s",
                      date_format(time(NULL), date, sizeof date));
    cleanup_notice_address(post, "From", "Mail Delivery System",
                           arena_printf(s->arena, "MAILER-DAEMON@%s",
                                        common_params.myhostname),
                           format);
    cleanup_notice_address(post, "To", "Postmaster",
                           notify_params.error_notice_recipient, format);
    cleanup_post_line(post, "Subject: %s %s client: errors from %s",
                      common_params.mail_name, s->is_lmtp ? "LMTP" : "SMTP",
                      s->relay);
    cleanup_post_line(post, "%s", "");
    cleanup_post_line(post, "Unexpected response from %s.", s->relay);
    cleanup_post_line(post, "%s", "");
    cleanup_post_line(post, "Transcript of session follows.");
    cleanup_post_line(post, "%s", "");
}

void notify_postmaster(struct session *s)
{
    struct cleanup_post *post = cleanup_notice_open(
        common_params.double_bounce_sender,
        notify_params.error_notice_recipient, cleanup_notice_flags("notify"),
        0, 0,
        common_params.myhostname, common_params.mail_name);

    if (post == NULL) {
        log_warning("could not send a postmaster notice about %s", s->relay);
        return;
    }
    put_head(post, s);
    chat_each(s->chat, put_line, post);
    cleanup_post_line(post, "%s", "");
    cleanup_post_line(post, "For other details, see the local mail logfile");
    record_put(cleanup_post_stream(post), REC_XTRA, "", 0);
    cleanup_post_finish(post, NULL);
}
