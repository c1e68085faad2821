/* SPDX-License-Identifier: ISC
 *
 * notice.c - the transcript of a session, sent to the postmaster.
 */
#include "smtp/notice.h"

#include <time.h>

#include "base/log.h"
#include "base/str.h"
#include "client/cleanup.h"
#include "client/client.h"
#include "mail/date.h"
#include "mail/record.h"

static void put_head(struct cleanup_post *post, const struct smtp_notice *n)
{
    const struct client_setup *setup = client_setup();
    struct str sender = STR_EMPTY;
    char date[64];

    str_setf(&sender, "MAILER-DAEMON@%s", setup->myhostname);
    cleanup_post_line(post, "Date: %s",
                      date_format(time(NULL), date, sizeof date));
    cleanup_notice_address(post, "From", "Mail Delivery System", sender.data,
                           n->header_from_format);
    cleanup_notice_address(post, "To", "Postmaster", n->recipient,
                           n->header_from_format);
    cleanup_post_line(post, "Subject: %s %s", setup->mail_name, n->subject);
    cleanup_post_line(post, "%s", "");
    str_fini(&sender);
}

static void put_line(const char *line, void *context)
{
    cleanup_post_line(context, " %s", line);
}

static void put_body(struct cleanup_post *post, const struct smtp_notice *n)
{
    if (n->reason != NULL) {
        cleanup_post_line(post, "%s", n->reason);
        cleanup_post_line(post, "%s", "");
    }
    cleanup_post_line(post, "Transcript of session follows.");
    cleanup_post_line(post, "%s", "");
    chat_each(n->chat, put_line, post);
    cleanup_post_line(post, "%s", "");
    cleanup_post_line(post, "For other details, see the local mail logfile");
}

void smtp_notice_send(const struct smtp_notice *n)
{
    struct cleanup_post *post = cleanup_notice_open(
        client_setup()->double_bounce_sender, n->recipient,
        cleanup_notice_flags("notify"), 0, 0);

    if (post == NULL) {
        log_warning("could not send a postmaster notice about %s", n->peer);
        return;
    }
    put_head(post, n);
    put_body(post, n);
    record_put(cleanup_post_stream(post), REC_XTRA, "", 0);
    int status = cleanup_post_finish(post, NULL);
    if (status != 0)
        log_warning("could not send a postmaster notice about %s: %s", n->peer,
                    cleanup_verdict(status)->text);
}
