/* SPDX-License-Identifier: ISC
 *
 * show.c - a queue file as text for people.
 *
 * One line a record, whatever is wrong with the file: this is the tool to look
 * at corrupt ones.
 */
#include "show.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/fatal.h"
#include "base/log.h"
#include "base/text.h"
#include "mail/header.h"
#include "mail/record.h"

enum { REVERSE_JUMPS_MAX = 10000 };

enum show_state { AT_ENVELOPE, AT_HEADER, AT_BODY, AT_EXTRACTED };

struct show {
    struct stream *in;
    const char *name;
    const struct show_options *options;
    enum show_state state;
    struct str payload;
    bool in_line;      /* the last output has no newline at its end */
    off_t offset;      /* of the record, or of pointers and padding before */
    int previous;
    int reverse_jumps;
};

/* ---- Reading ------------------------------------------------------------ */

static bool follow(struct show *show, off_t at)
{
    char *end;
    long target = strtol(show->payload.data, &end, 10);

    if (end == show->payload.data || *end != 0 || target < 0) {
        log_warning("%s: malformed pointer record value: %s", show->name,
                    show->payload.data);
        return false;
    }
    if (target == 0)
        return true;
    if (target <= at && ++show->reverse_jumps > REVERSE_JUMPS_MAX) {
        log_warning("%s: too many reverse jump records", show->name);
        return false;
    }
    return stream_seek(show->in, target);
}

static int next_record(struct show *show)
{
    show->offset = stream_tell(show->in);
    for (;;) {
        off_t at = stream_tell(show->in);
        int type = record_get(show->in, &show->payload, 0);
        if (type == REC_ERROR && stream_state(show->in) == STREAM_EOF)
            log_warning("%s: unexpected EOF in data", show->name);
        if (show->options->raw || (type != REC_PTR && type != REC_PAD))
            return type;
        if (type == REC_PTR && !follow(show, at))
            return REC_ERROR;
    }
}

/* ---- One line ----------------------------------------------------------- */

static void put_prefix(const struct show *show, int type)
{
    if (show->options->file_names)
        printf("%s: ", show->name);
    if (show->options->offsets)
        printf("%9lu ", (unsigned long)show->offset);
    if (show->options->decimal_types)
        printf("%3d ", type);
}

static bool is_shown(const struct show *show)
{
    static const unsigned parts[] = {
        [AT_ENVELOPE] = SHOW_ENVELOPE,
        [AT_HEADER] = SHOW_HEADER,
        [AT_BODY] = SHOW_BODY,
        [AT_EXTRACTED] = SHOW_ENVELOPE,
    };
    return (show->options->parts & parts[show->state]) != 0;
}

static void put_marker(struct show *show, int type, const char *text)
{
    if ((show->options->parts & SHOW_ENVELOPE) == 0)
        return;
    if (show->in_line)
        putchar('\n');
    show->in_line = false;
    put_prefix(show, type);
    printf("*** %s %s ***\n", text, show->name);
}

static void put_payload(const struct show *show, int type, const char *title)
{
    put_prefix(show, type);
    printf("%s: ", title);
    puts(show->payload.data);
}

/* The text as in mailq: local time, as asctime(3). */
static void put_time(const char *title, const char *number)
{
    time_t when = strtol(number, NULL, 10);
    struct tm local;
    char text[32];

    if (localtime_r(&when, &local) == NULL ||
        asctime_r(&local, text) == NULL)
        snprintf(text, sizeof text, "%s\n", number);
    printf("%s: %s", title, text);
}

static void put_attribute(struct show *show)
{
    char *name, *value;
    char *line = mem_strdup(show->payload.data);

    put_prefix(show, REC_ATTR);
    if (!text_split_nameval(line, &name, &value)) {
        fflush(stdout);
        log_warning("%s: malformed attribute: missing '=' after attribute "
                    "name: %.100s",
                    show->name, show->payload.data);
    } else if (record_attribute_type(name) == REC_CTIME) {
        put_time(name, value);
    } else {
        printf("named_attribute: %s=%s\n", name, value);
    }
    free(line);
}

/* ---- Text --------------------------------------------------------------- */

/* Headers end at the first line that is none and does not continue one. */
static void find_body(struct show *show)
{
    const char *line = show->payload.data;

    if (show->state == AT_HEADER && show->previous != REC_CONT &&
        *line != ' ' && *line != '\t' &&
        header_name_length(line, show->payload.length) == 0)
        show->state = AT_BODY;
}

static void put_text(struct show *show, int type)
{
    find_body(show);
    if (!is_shown(show))
        return;
    put_prefix(show, type);
    fwrite(show->payload.data, 1, show->payload.length, stdout);
    show->in_line = type == REC_CONT && !show->options->offsets;
    if (!show->in_line)
        putchar('\n');
}

static const char *title_of(int type)
{
    if (type == REC_FILTER)
        return "content_filter";
    const char *title = record_name(type);
    return title == NULL ? "unknown_record_type" : title;
}

/* ---- Records ------------------------------------------------------------ */

static bool is_content(const struct show *show)
{
    return show->state == AT_HEADER || show->state == AT_BODY;
}

static bool enter_content(struct show *show)
{
    if (show->state != AT_ENVELOPE) {
        log_warning("%s: out-of-order message content marker", show->name);
        return false;
    }
    show->state = AT_HEADER;
    show->previous = REC_MESG;
    put_marker(show, REC_MESG, "MESSAGE CONTENTS");
    return true;
}

static bool enter_extracted(struct show *show)
{
    if (!is_content(show) && !show->options->has_start) {
        log_warning("%s: out-of-order extracted segment marker", show->name);
        return false;
    }
    show->state = AT_EXTRACTED;
    put_marker(show, REC_XTRA, "HEADER EXTRACTED");
    return true;
}

/* False: nothing more is shown of this file. */
static bool show_record(struct show *show, int type)
{
    switch (type) {
    case REC_MESG: return enter_content(show);
    case REC_XTRA: return enter_extracted(show);
    case REC_END:
        put_marker(show, type, "MESSAGE FILE END");
        return show->options->raw;
    case REC_PAD: return true;
    case REC_NORM: put_text(show, type); return true;
    case REC_CONT:
        if (is_content(show)) {
            put_text(show, type);
            return true;
        }
        break;
    default: break;
    }
    if (!is_shown(show))
        return true;
    if (type == REC_ATTR) {
        put_attribute(show);
    } else if (type == REC_TIME || type == REC_WARN) {
        put_prefix(show, type);
        put_time(record_name(type), show->payload.data);
    } else {
        put_payload(show, type, title_of(type));
    }
    return true;
}

/* Without the envelope there is nothing to print before the content. */
static bool skip_envelope(struct show *show)
{
    long data_offset;

    if (sscanf(show->payload.data, "%*d %ld", &data_offset) != 1 ||
        data_offset <= 0 || !stream_seek(show->in, data_offset))
        return false;
    show->state = AT_HEADER;
    show->previous = REC_MESG;
    return true;
}

/* Of something that is no queue file, not even a record can be read. */
static bool has_records(const struct show *show)
{
    if (show->options->has_start || !stream_fill(show->in) ||
        record_name((unsigned char)*stream_peek(show->in)) != NULL)
        return true;
    log_warning("%s: input is not a valid queue file", show->name);
    return false;
}

static bool show_first(struct show *show, int type)
{
    const struct show_options *options = show->options;

    if (options->has_start)
        return true;
    if (type != REC_SIZE && type != REC_TIME) {
        log_warning("%s: input is not a valid queue file", show->name);
        return false;
    }
    if ((options->parts & SHOW_ENVELOPE) != 0)
        printf("%s%s*** ENVELOPE RECORDS %s ***\n",
               options->file_names ? show->name : "",
               options->file_names ? ": " : "", show->name);
    return true;
}

void show_file(struct stream *in, const char *name,
               const struct show_options *options)
{
    struct show show = { .in = in, .name = name, .options = options };
    bool first = true;
    int type = REC_EOF;

    str_init(&show.payload);
    if (options->has_start && !stream_seek(in, options->start))
        fatal("seek %s: %s", name, stream_error_text(in));
    while (!(first && !has_records(&show)) &&
           (type = next_record(&show)) >= 0) {
        if (first && !show_first(&show, type))
            break;
        bool skip = first && type == REC_SIZE && !options->has_start &&
                    (options->parts & SHOW_ENVELOPE) == 0;
        first = false;
        if (skip && skip_envelope(&show))
            continue;
        if (!show_record(&show, type))
            break;
        show.previous = type;
    }
    fflush(stdout);
    if (type == REC_ERROR)
        fatal("record read error");
    str_fini(&show.payload);
}
