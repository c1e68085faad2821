/* SPDX-License-Identifier: ISC
 *
 * message_envelope.c - the reader's view of envelope, attributes, recipients.
 */
#include <limits.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/num.h"
#include "base/text.h"
#include "message_reader_private.h"

/* ---- Attributes -------------------------------------------------------- */

enum value_kind { VALUE_TEXT, VALUE_INT, VALUE_RECIPIENT };

/* The names without log_ were used for logging by old releases: see
 * use_old_log_names. */
static const struct attribute_row {
    const char *name;
    size_t offset; /* in struct envelope */
    enum value_kind kind;
} attributes[] = {
#define TEXT_ROW(name) { #name, offsetof(struct envelope, name), VALUE_TEXT }
    TEXT_ROW(encoding),
    TEXT_ROW(envelope_id),
    TEXT_ROW(rewrite_context),
    TEXT_ROW(message_id),
    TEXT_ROW(log_client_name),
    TEXT_ROW(log_client_address),
    TEXT_ROW(log_client_port),
    TEXT_ROW(log_message_origin),
    TEXT_ROW(log_helo_name),
    TEXT_ROW(log_protocol_name),
    TEXT_ROW(log_ident),
    TEXT_ROW(client_name),
    TEXT_ROW(reverse_client_name),
    TEXT_ROW(client_address),
    TEXT_ROW(client_port),
    TEXT_ROW(server_address),
    TEXT_ROW(server_port),
    TEXT_ROW(helo_name),
    TEXT_ROW(protocol_name),
    TEXT_ROW(sasl_method),
    TEXT_ROW(sasl_username),
    TEXT_ROW(sasl_sender),
#undef TEXT_ROW
    { "client_address_type", offsetof(struct envelope, client_address_type),
      VALUE_INT },
    { "ret_flags", offsetof(struct envelope, dsn_return), VALUE_INT },
    { "trace_flags", offsetof(struct envelope, trace_flags), VALUE_INT },
    { "dsn_orig_rcpt", 0, VALUE_RECIPIENT },
    { "notify_flags", 0, VALUE_RECIPIENT },
};

static const struct attribute_row *find_attribute(const char *name)
{
    for (size_t i = 0; i < sizeof attributes / sizeof attributes[0]; i++)
        if (strcmp(attributes[i].name, name) == 0)
            return &attributes[i];
    return NULL;
}

/* State of one call of message_reader_envelope. */
struct envelope_build {
    struct message_reader *reader;
    struct envelope *out;
    struct { ARRAY_OF(const char *); } other;
    bool has_time;
};

static const char **text_member(struct envelope *out, size_t offset)
{
    return (const char **)(void *)((char *)out + offset);
}

static void clear(struct envelope *out)
{
    memset(out, 0, sizeof *out);
    for (size_t i = 0; i < sizeof attributes / sizeof attributes[0]; i++)
        if (attributes[i].kind == VALUE_TEXT)
            *text_member(out, attributes[i].offset) = "";
    out->sender = out->fullname = out->content_filter = out->redirect = "";
    out->inspector = out->verp = "";
}

static bool set_create_time(struct envelope_build *build, const char *value)
{
    long seconds;

    if (!num_parse_long(value, 1, LONG_MAX, &seconds))
        return message_reader_fail(build->reader, "bad create_time: %.100s",
                                   value);
    build->out->created = seconds;
    return true;
}

static bool set_attribute(struct envelope_build *build, const char *name,
                          const char *value, off_t offset)
{
    struct arena *arena = build->reader->arena;
    const struct attribute_row *row = find_attribute(name);
    long number;

    if (strcmp(name, "create_time") == 0)
        return set_create_time(build, value);
    if (row == NULL) {
        ARRAY_ADD(&build->other, arena_strdup(arena, name));
        ARRAY_ADD(&build->other, arena_strdup(arena, value));
        return true;
    }
    if (row->kind == VALUE_RECIPIENT)
        return true;
    if (row->kind == VALUE_TEXT) {
        *text_member(build->out, row->offset) = arena_strdup(arena, value);
        return true;
    }
    if (!num_parse_long(value, 0, INT_MAX, &number))
        return message_reader_fail(build->reader, "bad %s: %.100s", name,
                                   value);
    *(int *)(void *)((char *)build->out + row->offset) = (int)number;
    if (row->offset == offsetof(struct envelope, trace_flags))
        build->out->trace_offset = offset;
    return true;
}

/* "name=value", cut in place. */
static bool split_attribute(struct message_reader *reader, char **name,
                            char **value)
{
    if (text_split_nameval(reader->payload.data, name, value))
        return true;
    return message_reader_fail(reader, "bad attribute: %.100s",
                               reader->payload.data);
}

/* Their values stand in records of their own in no file, but in what cleanup
 * receives. */
static const char *pseudo_name(int type)
{
    switch (type) {
    case REC_DSN_RET: return "ret_flags";
    case REC_DSN_ENVID: return "envelope_id";
    case REC_CTIME: return "create_time";
    default: return NULL;
    }
}

/* ---- The envelope ------------------------------------------------------ */

static bool set_time(struct envelope_build *build, const char *text)
{
    char *end;
    struct timeval *arrival = &build->out->arrival;

    build->has_time = true;
    arrival->tv_sec = strtol(text, &end, 10);
    if (end != text && *end == ' ')
        arrival->tv_usec = strtol(end + 1, &end, 10);
    if (end == text || *end != 0 || arrival->tv_sec <= 0)
        return message_reader_fail(build->reader,
                                   "bad message arrival time: %.100s", text);
    return true;
}

static bool set_warning(struct envelope_build *build, const char *text,
                        off_t offset)
{
    long when;

    if (!num_parse_long(text + strspn(text, " "), -1, LONG_MAX, &when))
        return message_reader_fail(build->reader,
                                   "bad warning message time: %.100s", text);
    build->out->warn_offset = offset;
    build->out->warn_time = when;
    return true;
}

static bool read_attribute(struct envelope_build *build, off_t offset)
{
    char *name, *value;

    return split_attribute(build->reader, &name, &value) &&
           set_attribute(build, name, value, offset);
}

static bool read_item(struct envelope_build *build, int type, off_t offset)
{
    struct envelope *out = build->out;
    const char *text = build->reader->payload.data;
    const char *pseudo = pseudo_name(type);
    const char **member = NULL;

    if (pseudo != NULL)
        return set_attribute(build, pseudo, text, offset);
    switch (type) {
    case REC_ATTR: return read_attribute(build, offset);
    case REC_TIME: return build->has_time || set_time(build, text);
    case REC_WARN: return set_warning(build, text, offset);
    case REC_FROM:
        if (out->has_sender)
            return true;
        out->has_sender = true;
        member = &out->sender;
        break;
    case REC_FULLNAME: member = &out->fullname; break;
    case REC_FILTER: member = &out->content_filter; break;
    case REC_REDIRECT: member = &out->redirect; break;
    case REC_INSPECTOR: member = &out->inspector; break;
    case REC_VERP: member = &out->verp; break;
    default: return true;
    }
    *member = arena_strdup(build->reader->arena, text);
    return true;
}

/* A recipient, or what is told about the next one. */
static bool belongs_to_recipient(int type, const char *payload)
{
    switch (type) {
    case REC_RCPT:
    case REC_DONE:
    case REC_CANCELED:
    case REC_ORIG:
    case REC_DSN_ORCPT:
    case REC_DSN_NOTIFY: return true;
    case REC_ATTR:
        return text_has_prefix(payload, "notify_flags=") ||
               text_has_prefix(payload, "dsn_orig_rcpt=");
    default: return false;
    }
}

/* One segment up to its end or, if recipients come last in this file, up to
 * the first of them. */
static bool read_segment(struct envelope_build *build,
                         enum record_segment segment, int end)
{
    struct message_reader *reader = build->reader;
    bool mixed = (reader->sizes.qmgr_flags & QMGR_FLAG_MIXED) != 0;
    off_t offset;

    for (;;) {
        int type = message_reader_next(reader, &reader->payload, &offset);
        if (type == REC_ERROR || type == end)
            return type == end;
        if (!record_allowed(type, segment))
            return message_reader_unexpected(reader, type, offset);
        if (!belongs_to_recipient(type, reader->payload.data)) {
            if (!read_item(build, type, offset))
                return false;
            continue;
        }
        if (segment == SEG_ENVELOPE && reader->first_recipient == 0)
            reader->first_recipient = offset;
        if (!mixed)
            return true;
    }
}

static void use_old_log_names(struct envelope *out)
{
    const char **log_names[] = { &out->log_client_name,
                                 &out->log_client_address,
                                 &out->log_helo_name,
                                 &out->log_protocol_name };
    const char *old_names[] = { out->client_name, out->client_address,
                                out->helo_name, out->protocol_name };
    size_t count = sizeof old_names / sizeof old_names[0];

    for (size_t i = 0; i < count; i++)
        if (**log_names[i] != 0)
            return;
    for (size_t i = 0; i < count; i++)
        *log_names[i] = old_names[i];
}

static void finish(struct envelope_build *build)
{
    const struct message_sizes *sizes = &build->reader->sizes;
    struct envelope *out = build->out;

    out->segment_size = sizes->segment;
    out->content_length = sizes->content;
    out->data_offset = sizes->data_offset;
    out->recipient_count = sizes->recipients;
    out->qmgr_flags = sizes->qmgr_flags;
    out->sender_options = sizes->sender_options;
    if (out->created == 0)
        out->created = out->arrival.tv_sec;
    use_old_log_names(out);
    ARRAY_ADD(&build->other, NULL);
    out->other = arena_memdup(build->reader->arena, build->other.items,
                              build->other.count * sizeof(const char *));
}

bool message_reader_envelope(struct message_reader *reader,
                             struct envelope *out, struct error *why)
{
    struct envelope_build build = { .reader = reader, .out = out };

    clear(out);
    reader->sizes.data_offset = 0;
    reader->first_recipient = 0;
    reader->reverse_jumps = 0;
    bool good = message_reader_sizes(reader) &&
                read_segment(&build, SEG_ENVELOPE, REC_MESG) &&
                message_reader_enter_extracted(reader) &&
                read_segment(&build, SEG_EXTRACTED, REC_END);
    if (good && !build.has_time)
        good = message_reader_fail(reader, "no message arrival time record");
    if (good && !out->has_sender)
        good = message_reader_fail(reader, "no sender record");
    if (good)
        finish(&build);
    ARRAY_FREE(&build.other);
    reader->part = PART_START;
    if (!good)
        message_reader_failed(reader, why);
    return good;
}

/* ---- Recipients -------------------------------------------------------- */

static void forget_about_next(struct message_reader *reader)
{
    str_clear(&reader->original);
    str_clear(&reader->dsn_original);
    reader->dsn_notify = 0;
}

static bool note_notify(struct message_reader *reader, const char *text)
{
    long bits;

    if (!num_parse_long(text, 0, 15, &bits))
        return message_reader_fail(reader, "bad notify_flags: %.100s", text);
    reader->dsn_notify = (int)bits;
    return true;
}

static bool note_attribute(struct message_reader *reader)
{
    char *name, *value;

    if (!split_attribute(reader, &name, &value))
        return false;
    if (strcmp(name, "notify_flags") == 0)
        return note_notify(reader, value);
    if (strcmp(name, "dsn_orig_rcpt") == 0)
        str_set(&reader->dsn_original, value);
    return true;
}

/* What comes between recipients. */
static bool note_record(struct message_reader *reader, int type, off_t offset)
{
    enum record_segment segment =
        reader->part == PART_EXTRACTED ? SEG_EXTRACTED : SEG_ENVELOPE;

    switch (type) {
    case REC_MESG:
        if (segment == SEG_EXTRACTED)
            break;
        return message_reader_enter_extracted(reader);
    case REC_END:
        reader->part = PART_DONE;
        return true;
    case REC_DONE:
    case REC_CANCELED:
        forget_about_next(reader);
        return true;
    case REC_ORIG:
        str_set_bytes(&reader->original, reader->payload.data,
                      reader->payload.length);
        return true;
    case REC_DSN_ORCPT:
        str_set(&reader->dsn_original, reader->payload.data);
        return true;
    case REC_DSN_NOTIFY: return note_notify(reader, reader->payload.data);
    case REC_ATTR: return note_attribute(reader);
    default:
        if (record_allowed(type, SEG_ENVELOPE) ||
            record_allowed(type, SEG_EXTRACTED))
            return true;
        break;
    }
    return message_reader_unexpected(reader, type, offset);
}

static bool start_recipients(struct message_reader *reader)
{
    if (reader->part != PART_START && reader->part != PART_CONTENT &&
        reader->part != PART_AFTER_CONTENT)
        return true;
    if (!message_reader_sizes(reader) ||
        !message_reader_seek(reader, reader->first_recipient))
        return false;
    reader->part = PART_RECIPIENTS;
    forget_about_next(reader);
    return true;
}

bool message_reader_recipient(struct message_reader *reader,
                              struct arena *arena, struct recipient *out)
{
    off_t offset;

    if (!start_recipients(reader))
        return false;
    while (reader->part != PART_DONE) {
        int type = message_reader_next(reader, &reader->payload, &offset);
        if (type == REC_ERROR)
            return false;
        if (type != REC_RCPT) {
            if (!note_record(reader, type, offset))
                return false;
            continue;
        }
        out->offset = offset;
        out->address = arena_strdup(arena, reader->payload.data);
        out->original = arena_strdup(arena, reader->original.data);
        out->dsn_original = arena_strdup(arena, reader->dsn_original.data);
        out->dsn_notify = reader->dsn_notify;
        forget_about_next(reader);
        return true;
    }
    return false;
}

off_t message_reader_position(const struct message_reader *reader)
{
    return reader->part == PART_DONE ? 0 : stream_tell(reader->in);
}

/* A position may lie behind the end of the file's first form, whichever the
 * segment; M and E tell them apart. */
bool message_reader_resume(struct message_reader *reader, off_t position)
{
    if (!message_reader_sizes(reader) || !message_reader_seek(reader, position))
        return false;
    reader->part = PART_RECIPIENTS;
    forget_about_next(reader);
    return true;
}
