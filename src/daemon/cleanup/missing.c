/* SPDX-License-Identifier: ISC
 *
 * missing.c - headers that a message should have: Message-Id, Date, From, To.
 *
 * They are added to mail from here. A stranger's message may be signed, and
 * is left as it is, unless remote_header_rewrite_domain asks for more.
 */
#include <string.h>
#include <time.h>

#include "base/text.h"
#include "mail/date.h"
#include "mail/header.h"
#include "message.h"

static bool has(const struct message *m, enum header_id id)
{
    return m->header.seen & (uint64_t)1 << id;
}

static void add_line(struct message *m, const char *prefix, const char *text)
{
    const char *line = arena_printf(m->arena, "%s%s", prefix, text);

    output_lines(m, line, strlen(line));
}

static void add_message_id(struct message *m, const char *prefix)
{
    char stamp[32];
    struct tm tm;

    gmtime_r(&m->arrival.tv_sec, &tm);
    strftime(stamp, sizeof stamp, "%Y%m%d%H%M%S", &tm);
    const char *id = arena_printf(m->arena, "<%s.%s@%s>", stamp, m->id,
                                  common_params.myhostname);
    add_line(m, prefix, arena_printf(m->arena, "Message-Id: %s", id));
    if (*prefix != '\0')
        m->header.resent_message_id = id;
    else
        m->header.message_id = id;
}

static void add_date(struct message *m, const char *prefix)
{
    char date[64];

    date_format(m->arrival.tv_sec, date, sizeof date);
    add_line(m, prefix, arena_printf(m->arena, "Date: %s", date));
}

static void add_from(struct message *m, const char *prefix)
{
    const char *from =
        *m->sender == '\0'
            ? message_params.empty_address_recipient
            : fullname_from_header(m->arena, m->sender, m->fullname);

    add_line(m, prefix, arena_printf(m->arena, "From: %s", from));
    if ((m->flags & CLEANUP_AUTOUTF8) && !text_is_ascii(from))
        m->sender_options |= MSGOPT_SMTPUTF8 | MSGOPT_UTF8_HEADER;
}

static void add_undisclosed(struct message *m)
{
    const char *line = cleanup_params.undisclosed_recipients_header;

    if (*line != '\0')
        output_lines(m, line, strlen(line));
}

/* Resent mail has the first set already, and wants the second. */
static void add_if_missing(struct message *m)
{
    const struct {
        enum header_id plain, resent;
        void (*add)(struct message *m, const char *prefix);
    } rows[] = {
        { HDR_MESSAGE_ID, HDR_RESENT_MESSAGE_ID, add_message_id },
        { HDR_DATE, HDR_RESENT_DATE, add_date },
        { HDR_FROM, HDR_RESENT_FROM, add_from },
    };
    bool resent = m->header.is_resent;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (!has(m, resent ? rows[i].resent : rows[i].plain))
            rows[i].add(m, resent ? "Resent-" : "");
}

void missing_headers_add(struct message *m)
{
    bool wanted = m->rewrite != REWRITE_NONE ||
                  cleanup_params.always_add_missing_headers;

    if (wanted) {
        add_if_missing(m);
        if (!has(m, HDR_TO) && !has(m, HDR_CC) && !has(m, HDR_RESENT_TO) &&
            !has(m, HDR_RESENT_CC))
            add_undisclosed(m);
    }
    if ((m->sender_options & MSGOPT_REQUIRETLS) &&
        message_params.requiretls_esmtp_header && !m->header.has_requiretls)
        add_line(m, "", "Require-TLS-ESMTP: yes");
}
