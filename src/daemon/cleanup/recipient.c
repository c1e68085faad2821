/* SPDX-License-Identifier: ISC
 *
 * recipient.c - recipients, in the envelope and in the extracted segment.
 */
#include <string.h>

#include "base/num.h"
#include "base/text.h"
#include "mail/dsn_notify.h"
#include "mail/quote.h"
#include "mail/record.h"
#include "message.h"

bool recipient_attribute(struct message *m, const char *name,
                         const char *value)
{
    long bits;

    switch (record_attribute_type(name)) {
    case REC_DSN_ORCPT:
        m->pending.dsn_original = arena_strdup(m->scratch, value);
        return true;
    case REC_DSN_NOTIFY:
        if (num_parse_long(value, 0, 15, &bits))
            m->pending.dsn_notify = (int)bits;
        return true;
    default: return false;
    }
}

void recipient_forget(struct message *m)
{
    m->pending = (struct pending_recipient) { 0 };
    arena_reset(m->scratch);
}

bool recipient_record(struct message *m, int type, const char *text)
{
    switch (type) {
    case REC_ORIG:
        m->pending.original = arena_strdup(m->scratch, text);
        return true;
    case REC_DSN_ORCPT:
        return recipient_attribute(m, "dsn_orig_rcpt", text);
    case REC_DSN_NOTIFY: return recipient_attribute(m, "notify_flags", text);
    case REC_RCPT: recipient_add(m, text, &m->pending); break;
    case REC_DONE:
    case REC_CANCELED: break;
    default: return false;
    }
    recipient_forget(m);
    return true;
}

/* In the form that RFC 3461, section 4.2 asks for when the sender gave none;
 * also for addresses that are not ASCII, as others have always done it. */
static const char *make_dsn_original(struct message *m, const char *address)
{
    return arena_printf(m->scratch, "rfc822;%s",
                        quote_822_dup(m->scratch, address));
}

static void note_utf8_address(struct message *m, const char *address)
{
    if ((m->flags & CLEANUP_AUTOUTF8) && !text_is_ascii(address))
        m->sender_options |= MSGOPT_SMTPUTF8;
}

void recipient_add(struct message *m, const char *address,
                   const struct pending_recipient *about)
{
    struct pending_recipient full = *about;

    m->results = m->scratch;
    m->last_recipient = arena_strdup(m->arena, address);
    if (*address == '\0')
        address = message_params.empty_address_recipient;
    const char *to = rewrite_address(m, address, CLASS_ENVELOPE_RECIPIENT);
    note_utf8_address(m, to);
    if (full.original == NULL)
        full.original = address;
    if (full.dsn_original == NULL)
        full.dsn_original = make_dsn_original(m, address);
    m->notify_union |= (unsigned)full.dsn_notify;
    aliases_expand(m, to, &full);
    bcc_of_address(m, BCC_RECIPIENT, to);
    m->results = m->arena;
}

void recipient_add_bcc(struct message *m, const char *address)
{
    const char *to = rewrite_address(m, address, CLASS_ENVELOPE_RECIPIENT);
    const struct pending_recipient about = { .original = to,
                                             .dsn_notify = DSN_NOTIFY_NEVER };

    aliases_expand(m, to, &about);
}

/* ---- duplicates ---- */

/* With enable_original_recipient, mail to two aliases of one mailbox is two
 * recipients. */
static bool is_duplicate(struct message *m, const char *address,
                         const struct pending_recipient *about)
{
    long limit = message_params.duplicate_filter_limit;
    bool exact = common_params.enable_original_recipient;
    const char *dsn_original =
        exact && about->dsn_original != NULL ? about->dsn_original : "";
    char *key = arena_printf(m->results, "%d %s %s\n%s", about->dsn_notify,
                             dsn_original, address,
                             exact ? about->original : "");

    text_lower(key);
    if (hash_has(m->seen_recipients, key))
        return true;
    if (limit == 0 || (long)hash_count(m->seen_recipients) < limit)
        hash_put(m->seen_recipients, key, m);
    return false;
}

/* Most texts about a recipient are the same. */
static const char *keep(struct message *m, const char *text,
                        const char *kept)
{
    return strcmp(text, kept) == 0 ? kept : arena_strdup(m->arena, text);
}

/* Whom a bounce of our own would be about. */
static void remember(struct message *m, off_t offset, const char *address,
                     const struct pending_recipient *about)
{
    if (!(m->flags & CLEANUP_BOUNCE))
        return;
    const char *dsn_original =
        about->dsn_original == NULL ? "" : keep(m, about->dsn_original, "");
    const char *in_type = strchr(dsn_original, ';');
    const char *original =
        keep(m, about->original, in_type == NULL ? "" : in_type + 1);
    const struct recipient to = {
        .offset = offset,
        .address = keep(m, address, original),
        .original = original,
        .dsn_original = dsn_original,
        .dsn_notify = about->dsn_notify,
    };
    ARRAY_ADD(&m->addressed, to);
}

/* Behind the point where the message became too large, recipients are for the
 * sender's notice only: he is told of each, as none gets it. */
static bool is_too_large(const struct message *m)
{
    return (m->errors & CLEANUP_STAT_SIZE) &&
           (m->errors & ~CLEANUP_STAT_RETURNED) == 0;
}

void recipient_write(struct message *m, const char *address,
                     const struct pending_recipient *about)
{
    if ((message_failed(m) && !is_too_large(m)) ||
        is_duplicate(m, address, about))
        return;
    if (message_failed(m)) {
        remember(m, 0, address, about);
        return;
    }
    if (about->dsn_notify != 0)
        output_format(m, REC_ATTR, "notify_flags=%d", about->dsn_notify);
    output_attribute(m, "dsn_orig_rcpt", about->dsn_original);
    output_text(m, REC_ORIG, about->original);
    remember(m, stream_tell(m->out), address, about);
    output_text(m, REC_RCPT, address);
    m->recipients++;
}
