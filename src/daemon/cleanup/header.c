/* SPDX-License-Identifier: ISC
 *
 * header.c - one header after the other: inspect, note, drop, rewrite, write.
 */
#include "mail/header.h"

#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "message.h"

static struct hash *dropped_names; /* in lower case */

void header_set_up(void)
{
    struct arena *arena = arena_new();
    char **names =
        text_split(arena, message_params.message_drop_headers, NULL, NULL);

    dropped_names = hash_new();
    for (; *names != NULL; names++)
        hash_put(dropped_names, text_lower(*names), dropped_names);
    arena_free(arena);
}

static bool is_dropped(struct message *m, const char *text, size_t length)
{
    size_t name = header_name_length(text, length);

    return hash_has(dropped_names,
                    text_lower(arena_strndup(m->scratch, text, name)));
}

/* ---- what headers say ---- */

/* The value on one line, without white space around it; in m->scratch. */
static const char *one_line_value(struct message *m, const char *text)
{
    char *value = arena_strdup(m->scratch, header_value(text));
    char *to = value;

    for (const char *from = value; *from != '\0'; from++)
        if (*from != '\n')
            *to++ = *from;
    *to = '\0';
    return text_trim(value);
}

static void count_hop(struct message *m)
{
    if (++m->header.received < message_params.hopcount_limit)
        return;
    log_warning("%s: message rejected: hopcount exceeded", m->id);
    message_fail(m, CLEANUP_STAT_HOPS, NULL);
}

static void note_encoding(struct message *m, const char *text)
{
    const char *value = one_line_value(m, text);

    if (!cleanup_params.detect_8bit_encoding_header ||
        !text_equal_nocase(value, "8bit"))
        return;
    m->encoding = "8bit";
}

static void note_tls_required(struct message *m, const char *text)
{
    const char *value = one_line_value(m, text);

    if (!message_params.tls_required_enable)
        return;
    if (text_equal_nocase(value, "no"))
        m->sender_options |= MSGOPT_TLS_NOT_REQUIRED;
    else
        log_warning("%s: ignoring malformed header: '%.100s'", m->id, text);
}

static void note_requiretls(struct message *m, const char *text)
{
    if (!message_params.requiretls_enable ||
        !message_params.requiretls_esmtp_header ||
        !text_equal_nocase(one_line_value(m, text), "yes"))
        return;
    m->header.has_requiretls = true;
    m->sender_options |= MSGOPT_REQUIRETLS;
}

static void note_header(struct message *m, const struct header_info *info,
                        const char *text)
{
    struct header_state *header = &m->header;

    header->seen |= (uint64_t)1 << info->id;
    if (info->flags & HEADER_RESENT)
        header->is_resent = true;
    switch ((int)info->id) {
    case HDR_RECEIVED: count_hop(m); return;
    case HDR_MESSAGE_ID:
        header->message_id = arena_strdup(m->arena, one_line_value(m, text));
        return;
    case HDR_RESENT_MESSAGE_ID:
        header->resent_message_id =
            arena_strdup(m->arena, one_line_value(m, text));
        return;
    case HDR_CONTENT_TRANSFER_ENCODING: note_encoding(m, text); return;
    case HDR_TLS_REQUIRED: note_tls_required(m, text); return;
    case HDR_REQUIRE_TLS_ESMTP: note_requiretls(m, text); return;
    default: return;
    }
}

static void note_utf8(struct message *m, const char *text)
{
    if ((m->flags & CLEANUP_AUTOUTF8) && !text_is_ascii(text))
        m->sender_options |= MSGOPT_SMTPUTF8 | MSGOPT_UTF8_HEADER;
}

/* ---- handlers ---- */

/* Old mail programs wrote blanks before the colon; others do not know that
 * for a header. A NUL ends the text for all of us. */
static const char *clean_header(struct message *m, const char *text,
                                size_t length)
{
    size_t name = header_name_length(text, length);

    if (memchr(text, '\0', length) == NULL && text[name] == ':')
        return text;
    return arena_printf(m->scratch, "%.*s%s", (int)name, text,
                        strchr(text, ':'));
}

static const char *rewritten(struct message *m, const struct header_info *info,
                             const char *text)
{
    if (info == NULL || m->rewrite == REWRITE_NONE)
        return text;
    if (info->flags & HEADER_SENDER)
        return rewrite_header(m, text, CLASS_HEADER_SENDER);
    if (info->flags & HEADER_RECIPIENT)
        return rewrite_header(m, text, CLASS_HEADER_RECIPIENT);
    return text;
}

static void primary_header(struct message *m, const struct header_info *info,
                           const char *text)
{
    if (info != NULL)
        note_header(m, info, text);
    if (is_dropped(m, text, strlen(text)))
        return;
    text = rewritten(m, info, text);
    note_utf8(m, text);
    output_lines(m, text, strlen(text));
}

void header_handle(void *context, enum mime_place place,
                   const struct header_info *info, const char *text,
                   size_t length, off_t offset)
{
    struct message *m = context;

    (void)offset;
    if (message_failed(m))
        return;
    /* A message has any number of headers, of any number of addresses. */
    arena_reset(m->scratch);
    text = clean_header(m, text, length);
    if (checks_header(m, place, &info, &text) == CHECK_DROP)
        return;
    if (place == MIME_PRIMARY)
        primary_header(m, info, text);
    else
        output_lines(m, text, strlen(text));
}

/* A header that ends with a line of the body may hide the rest from some
 * readers. The empty line in between is put there in any case. */
static void check_end_line(struct message *m)
{
    static const char added[] = "MIME-Error: message header was not "
                                "terminated by empty line";
    const char *action = cleanup_params.non_empty_end_of_header_action;

    if (m->last_line_length == 0 || strcmp(action, "fix_quietly") == 0)
        return;
    if (strcmp(action, "add_header") == 0) {
        output_lines(m, added, sizeof added - 1);
        return;
    }
    checks_log(m, "reject",
               "mime-error primary header was terminated with non-empty line:",
               arena_strndup(m->arena, m->last_line, m->last_line_length),
               NULL);
    message_fail(m, CLEANUP_STAT_CONTENT,
                 "550 5.6.0 primary header was terminated with non-empty "
                 "line");
}

void header_handle_end(void *context)
{
    struct message *m = context;

    check_end_line(m);
    if (message_failed(m) || (m->flags & CLEANUP_DISCARD))
        return;
    missing_headers_add(m);
    log_info("%s: message-id=%s", m->id,
             m->header.message_id != NULL ? m->header.message_id : "<>");
    if (m->header.resent_message_id != NULL)
        log_info("%s: resent-message-id=%s", m->id,
                 m->header.resent_message_id);
}
