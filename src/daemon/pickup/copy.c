/* SPDX-License-Identifier: ISC
 *
 * copy.c - the records of a maildrop file, as far as they are fit for cleanup.
 *
 * A file may have been written by anybody who found a way past postdrop. So
 * each segment has its list of types, and attributes theirs; only files that
 * come from our own queue may say more.
 */
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fatal.h"
#include "base/log.h"
#include "base/text.h"
#include "client/cleanup.h"
#include "client/client.h"
#include "config/params.h"
#include "mail/date.h"
#include "mail/message_reader.h"
#include "mail/record.h"
#include "pickup.h"

enum { CLOCK_SKEW_MAX_S = 2 * 3600 };

static int external_flags;

struct copy {
    const struct maildrop_file *file;
    struct cleanup_post *post;
    struct stream *out;
    struct arena *arena;
    enum record_segment segment;
    bool has_time, has_sender, is_over;
    struct error *why;
};

/* ---- set up ---- */

static const struct {
    const char *option;
    int without;
} overrides[] = {
    { "no_address_mappings", CLEANUP_MAP | CLEANUP_BCC },
    { "no_header_body_checks", CLEANUP_FILTER },
    { "no_milters", CLEANUP_MILTER },
    { "no_unknown_recipient_checks", 0 },
};

static void apply_override(const char *word)
{
    for (size_t i = 0; i < sizeof overrides / sizeof *overrides; i++)
        if (text_equal_nocase(overrides[i].option, word)) {
            external_flags &= ~overrides[i].without;
            return;
        }
    fatal("bad receive_override_options: unknown word %s", word);
}

void copy_set_up(void)
{
    struct arena *arena = arena_new();
    char **word =
        text_split(arena, message_params.receive_override_options, NULL, NULL);

    external_flags = CLEANUP_EXTERNAL | CLEANUP_BOUNCE |
                     cleanup_utf8_flags("sendmail");
    for (; *word != NULL; word++)
        apply_override(*word);
    arena_free(arena);
}

/* ---- what may pass ---- */

static bool is_listed(const char *const *names, const char *name)
{
    for (; *names != NULL; names++)
        if (strcmp(*names, name) == 0)
            return true;
    return false;
}

static bool may_pass_attribute(const struct copy *c, const char *text)
{
    static const char *const of_recipients[] = { "dsn_orig_rcpt",
                                                 "notify_flags", NULL };
    static const char *const of_users[] = {
        "rewrite_context", "encoding",  "envelope_id",
        "ret_flags",       "trace_flags", NULL
    };
    char *name, *value;

    if (!text_split_nameval(arena_strdup(c->arena, text), &name, &value))
        return false;
    if (is_listed(of_recipients, name))
        return true;
    if (c->segment != SEG_ENVELOPE || strcmp(name, "create_time") == 0)
        return false;
    return c->file->is_requeued || is_listed(of_users, name);
}

/* Filters have had their say about a message of our own queue, and a user has
 * none. */
static bool may_pass(const struct copy *c, int type, const char *text)
{
    switch (type) {
    case REC_ATTR: return may_pass_attribute(c, text);
    case REC_DSN_ORCPT:
    case REC_DSN_NOTIFY:
    case REC_RCPT:
    case REC_SIZE:
    case REC_FULLNAME:
    case REC_VERP: return true;
    case REC_DSN_ENVID: return c->segment == SEG_ENVELOPE;
    case REC_ORIG:
    case REC_DONE:
    case REC_CANCELED: return c->file->is_requeued;
    default: return false;
    }
}

/* ---- records that are more than copied ---- */

static void send_time(struct copy *c, const char *text)
{
    time_t now = clock_wall().tv_sec;
    time_t when = c->file->st.st_mtime;

    if (when > now + CLOCK_SKEW_MAX_S)
        when = now;
    if (text != NULL)
        record_put_text(c->out, REC_TIME, text);
    else
        record_putf(c->out, REC_TIME, "%ld 0", (long)when);
    c->has_time = true;
    if (!c->file->is_requeued && *message_params.content_filter != '\0')
        record_put_text(c->out, REC_FILTER, message_params.content_filter);
}

static void send_sender(struct copy *c, const char *text)
{
    const char *id = cleanup_post_id(c->post);
    const char *shown = logged_address(c->arena, text);
    long uid = (long)c->file->st.st_uid;

    if (c->file->is_requeued)
        log_info("%s: uid=%ld from=<%s> orig_id=%s", id, uid, shown,
                 c->file->id);
    else
        log_info("%s: uid=%ld from=<%s>", id, uid, shown);
    record_put_text(c->out, REC_FROM, text);
    c->has_sender = true;
}

static void send_received(struct copy *c)
{
    char date[64];

    date_format(clock_wall().tv_sec, date, sizeof date);
    record_put(c->out, REC_MESG, "", 0);
    record_putf(c->out, REC_NORM, "Received: by %s (%s, from userid %ld)",
                common_params.myhostname, common_params.mail_name,
                (long)c->file->st.st_uid);
    record_putf(c->out, REC_NORM, "\tid %s; %s", cleanup_post_id(c->post),
                date);
}

/* ---- segments ---- */

static bool bad(struct copy *c, int type, const char *where)
{
    const char *name = record_name(type);

    return error_set(c->why, "%s: unexpected %s record in the %s",
                     cleanup_post_id(c->post), name != NULL ? name : "unknown",
                     where);
}

static bool take_envelope(struct copy *c, int type, const struct str *record)
{
    const char *text = record->data;

    if (!record_allowed(type, SEG_ENVELOPE))
        return bad(c, type, "envelope");
    if (!c->has_time && type != REC_SIZE)
        send_time(c, type == REC_TIME ? text : NULL);
    if (type == REC_FROM) {
        if (c->has_sender)
            return bad(c, type, "envelope");
        send_sender(c, text);
    } else if (type == REC_MESG) {
        if (!c->has_sender)
            return error_set(c->why, "no sender");
        send_received(c);
        c->segment = SEG_CONTENT;
    } else if (may_pass(c, type, text)) {
        record_put(c->out, type, text, record->length);
    }
    return true;
}

static bool take_content(struct copy *c, int type, const struct str *record)
{
    if (type == REC_PAD)
        return true;
    if (!record_allowed(type, SEG_CONTENT))
        return bad(c, type, "content");
    record_put(c->out, type, record->data, record->length);
    if (type == REC_XTRA)
        c->segment = SEG_EXTRACTED;
    return true;
}

static bool take_extracted(struct copy *c, int type, const struct str *record)
{
    if (!record_allowed(type, SEG_EXTRACTED))
        return bad(c, type, "extracted segment");
    if (type == REC_END)
        c->is_over = true;
    else if (may_pass(c, type, record->data))
        record_put(c->out, type, record->data, record->length);
    return true;
}

static bool take_record(struct copy *c, int type, const struct str *record)
{
    switch ((int)c->segment) {
    case SEG_ENVELOPE: return take_envelope(c, type, record);
    case SEG_CONTENT: return take_content(c, type, record);
    default: return take_extracted(c, type, record);
    }
}

/* ---- the whole file ---- */

static bool copy_records(struct copy *c, struct message_reader *reader)
{
    struct str record = STR_EMPTY;
    bool ok = true;

    while (ok && !c->is_over) {
        off_t offset;
        int type = message_reader_record(reader, &record, &offset);
        if (type < 0)
            ok = error_set(c->why, "the file is cut short or damaged");
        else if (record.length > RECORD_NEW_MAX)
            ok = error_set(c->why, "a record of %zu bytes", record.length);
        else
            ok = take_record(c, type, &record);
    }
    str_fini(&record);
    return ok;
}

static enum copy_outcome finish(struct copy *c)
{
    enum { LATER = CLEANUP_STAT_WRITE | CLEANUP_STAT_PROXY |
                   CLEANUP_STAT_DEFER };
    const char *id = arena_strdup(c->arena, cleanup_post_id(c->post));
    int status = cleanup_post_finish(c->post, NULL);

    c->post = NULL;
    if (status == 0 || status == CLEANUP_STAT_RCPT)
        return PICKUP_DONE;
    const char *text = cleanup_verdict(status)->text;
    if (status & LATER) {
        log_warning("maildrop/%s: error writing %s: %s", c->file->id, id,
                    text);
        return PICKUP_LATER;
    }
    error_set(c->why, "error writing %s: %s", id, text);
    return PICKUP_BAD;
}

static enum copy_outcome copy_to_cleanup(struct copy *c, int fd)
{
    int flags = external_flags;

    if (c->file->is_requeued)
        flags &= ~CLEANUP_MILTER;
    c->post = cleanup_post_open(flags, NULL);
    if (c->post == NULL) {
        close(fd);
        return PICKUP_LATER;
    }
    c->out = cleanup_post_stream(c->post);
    struct message_reader *reader =
        message_reader_open(stream_open(fd), c->arena);
    bool ok = copy_records(c, reader);
    bool is_unreadable = message_reader_is_unreadable(reader);
    if (is_unreadable)
        message_reader_failed(reader, c->why);
    message_reader_close(reader);
    if (ok)
        return finish(c);
    cleanup_post_cancel(c->post);
    if (!is_unreadable)
        return PICKUP_BAD;
    log_warning("maildrop/%s: %s", c->file->id, c->why->text);
    return PICKUP_LATER;
}

enum copy_outcome copy_message(const struct maildrop_file *file, int fd,
                               struct error *why)
{
    struct copy c = { .file = file,
                      .arena = arena_new(),
                      .segment = SEG_ENVELOPE,
                      .why = why };

    enum copy_outcome outcome = copy_to_cleanup(&c, fd);
    arena_free(c.arena);
    return outcome;
}
