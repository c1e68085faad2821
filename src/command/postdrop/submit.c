/* SPDX-License-Identifier: ISC
 *
 * submit.c - the records of a message, from a client that nobody trusts.
 *
 * Each segment has its list of record types. An attribute that users have no
 * business with is dropped with a warning; anything that only a broken or
 * hostile client would write is the end.
 */
#include <string.h>

#include "base/fatal.h"
#include "base/log.h"
#include "base/num.h"
#include "base/text.h"
#include "config/params.h"
#include "ipc/messages/cleanup.h"
#include "mail/address.h"
#include "mail/message.h"
#include "mail/record.h"
#include "postdrop.h"

struct submission {
    struct arena *arena;
    const struct submitter *user;
    struct stream *out;
    enum record_segment segment;
    bool has_sender, is_over;
    int status;
    struct str *reason;
};

/* ---- attributes ---- */

/* What sendmail -v and -bv ask for. Others would speak for the verify
 * service. */
static bool is_user_trace(const struct submission *s, const char *value)
{
    long flags;

    if (num_parse_long(value, 0, INT32_MAX, &flags) &&
        (flags & ~(long)(TRACE_USER_VERIFY | TRACE_RECORD)) == 0)
        return true;
    log_warning("uid=%ld: ignoring unexpected trace flags: %s",
                (long)s->user->uid, value);
    return false;
}

static bool may_pass_attribute(const struct submission *s, const char *text)
{
    static const char *const allowed[] = {
        "rewrite_context", "encoding",      "envelope_id", "ret_flags",
        "notify_flags",    "dsn_orig_rcpt", "trace_flags",
    };
    char *name, *value;

    if (!text_split_nameval(arena_strdup(s->arena, text), &name, &value))
        fatal("uid=%ld: malformed attribute: %.200s", (long)s->user->uid,
              text);
    for (size_t i = 0; i < sizeof allowed / sizeof *allowed; i++)
        if (strcmp(allowed[i], name) == 0)
            return strcmp(name, "trace_flags") != 0 || is_user_trace(s, value);
    log_warning("uid=%ld: ignoring attribute record: %.200s",
                (long)s->user->uid, text);
    return false;
}

/* ---- records ---- */

static void check_text(const struct submission *s, int type,
                       const struct str *record)
{
    if (s->segment == SEG_POSTDROP_CONTENT)
        return;
    if (memchr(record->data, '\0', record->length) == NULL &&
        strpbrk(record->data, "\r\n") == NULL)
        return;
    fatal("uid=%ld: null or line break in '%s' record type: %.200s",
          (long)s->user->uid, record_name(type), record->data);
}

static void take_sender(struct submission *s, const char *sender)
{
    s->has_sender = true;
    if (s->status != 0 ||
        submitter_may_send_as(s->arena, s->user, sender))
        return;
    s->status |= CLEANUP_STAT_NOPERM;
    str_setf(s->reason, "not authorized to use sender='%s'",
             address_for_log(s->arena, sender));
}

static void next_segment(struct submission *s, int type)
{
    if (type == REC_MESG) {
        if (!s->has_sender)
            s->status |= CLEANUP_STAT_BAD;
        s->segment = SEG_POSTDROP_CONTENT;
    } else if (type == REC_XTRA) {
        s->segment = SEG_POSTDROP_EXTRACTED;
    } else if (type == REC_END) {
        s->is_over = true;
    }
}

static void write_record(struct submission *s, int type,
                         const struct str *record)
{
    long limit = common_params.message_size_limit;

    if (s->status != 0)
        return;
    record_put(s->out, type, record->data, record->length);
    if (stream_failed(s->out)) {
        log_warning("uid=%ld: %s", (long)s->user->uid,
                    stream_error_text(s->out));
        s->status |= CLEANUP_STAT_WRITE;
    } else if (limit > 0 && stream_tell(s->out) > limit) {
        log_warning("uid=%ld: File too large", (long)s->user->uid);
        s->status |= CLEANUP_STAT_SIZE;
    }
}

static void take_record(struct submission *s, int type,
                        const struct str *record)
{
    if (!record_allowed(type, s->segment))
        fatal("uid=%ld: unexpected record type: %d", (long)s->user->uid, type);
    check_text(s, type, record);
    if (type == REC_ATTR && !may_pass_attribute(s, record->data))
        return;
    if (type == REC_FROM)
        take_sender(s, record->data);
    write_record(s, type, record);
    next_segment(s, type);
}

bool submit_records(struct arena *arena, const struct submitter *user,
                    struct stream *in, struct stream *out, int *status,
                    struct str *reason)
{
    struct submission s = { .arena = arena,
                            .user = user,
                            .out = out,
                            .segment = SEG_POSTDROP_ENVELOPE,
                            .reason = reason };
    struct str record = STR_EMPTY;

    while (!s.is_over) {
        int type = record_get(in, &record,
                              (size_t)common_params.line_length_limit);
        if (type == REC_EOF)
            break;
        if (type == REC_ERROR)
            fatal("uid=%ld: malformed input", (long)user->uid);
        take_record(&s, type, &record);
    }
    str_fini(&record);
    *status = s.status;
    return s.is_over;
}
