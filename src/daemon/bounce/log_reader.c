/* SPDX-License-Identifier: ISC
 *
 * log_reader.c - the recipients of a bounce, defer or trace log.
 *
 * Entries are blocks of name=value lines between empty lines. Older logs have
 * only the line "<recipient>: reason".
 */
#include <errno.h>
#include <limits.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/log.h"
#include "base/num.h"
#include "base/text.h"
#include "bounce.h"
#include "mail/queue_dir.h"
#include "mail/quote.h"

static const struct { const char *name; size_t offset; } text_fields[] = {
    { "recipient", offsetof(struct bounce_append, recipient) },
    { "original_recipient", offsetof(struct bounce_append, original) },
    { "dsn_orig_rcpt", offsetof(struct bounce_append, dsn_original) },
    { "status", offsetof(struct bounce_append, status) },
    { "action", offsetof(struct bounce_append, action) },
    { "diag_type", offsetof(struct bounce_append, diag_type) },
    { "diag_text", offsetof(struct bounce_append, diag_text) },
    { "mta_type", offsetof(struct bounce_append, mta_type) },
    { "mta_mname", offsetof(struct bounce_append, mta_name) },
    { "reason", offsetof(struct bounce_append, reason) },
};

static int64_t number(const char *text)
{
    long value;
    return num_parse_long(text, 0, LONG_MAX, &value) ? value : 0;
}

static void set_field(struct arena *arena, struct bounce_append *e,
                      const char *name, const char *value)
{
    for (size_t i = 0; i < sizeof text_fields / sizeof *text_fields; i++) {
        if (strcmp(name, text_fields[i].name) != 0)
            continue;
        bool address = i < 2;
        const char *text =
            !address ? arena_strdup(arena, value)
            : strcmp(value, "<>") == 0 ? ""
                                       : unquote_822_dup(arena, value);
        memcpy((char *)e + text_fields[i].offset, &text, sizeof text);
        return;
    }
    if (strcmp(name, "offset") == 0)
        e->offset = number(value);
    else if (strcmp(name, "notify_flags") == 0)
        e->dsn_notify = number(value);
    else
        log_warning("unknown name \"%s\" in a delivery log was ignored", name);
}

/* "<recipient>: reason", which newer names overrule. */
static void set_old_form(struct arena *arena, struct bounce_append *e,
                         char *line)
{
    char *end = strstr(line, ">: ");

    if (end == NULL)
        return;
    *end = '\0';
    e->recipient = unquote_822_dup(arena, line + 1);
    e->reason = arena_strdup(arena, end + 3);
}

static struct bounce_append blank_entry(const char *log, const char *id)
{
    bool later = strcmp(log, "defer") == 0;

    return (struct bounce_append){
        .queue_id = id, .original = "", .recipient = "", .dsn_original = "",
        .status = later ? "4.0.0" : "5.0.0",
        .action = later ? "delayed" : "failed",
        .diag_type = "", .diag_text = "", .mta_type = "", .mta_name = "",
        .reason = "",
    };
}

static void parse(struct arena *arena, const char *log, const char *id,
                  char *text, struct log_entries *out)
{
    struct { ARRAY_OF(struct bounce_append); } list = ARRAY_EMPTY;
    struct bounce_append entry = blank_entry(log, id);
    bool open = false;

    for (char *line = text, *next; line != NULL; line = next) {
        char *end = strchr(line, '\n');
        next = end != NULL ? end + 1 : NULL;
        if (end != NULL)
            *end = '\0';
        text_printable(line, '?', true);
        char *equals = strchr(line, '=');
        if (*line == '\0') {
            if (open)
                ARRAY_ADD(&list, entry);
            open = false;
            entry = blank_entry(log, id);
        } else if (*line == '<') {
            set_old_form(arena, &entry, line);
            open = true;
        } else if (equals != NULL) {
            *equals = '\0';
            set_field(arena, &entry, line, equals + 1);
            open = true;
        }
    }
    if (open)
        ARRAY_ADD(&list, entry);
    out->count = list.count;
    out->items = arena_memdup(arena, list.items,
                              list.count * sizeof *list.items);
    ARRAY_FREE(&list);
}

/* A power cut may leave zeros in place of an entry that nobody was promised.
 * Those that follow count. */
static void end_zeros(struct str *text)
{
    for (size_t i = 0; i < text->length; i++)
        if (text->data[i] == '\0')
            text->data[i] = '\n';
}

/* The text of whole entries: what is behind the last of them is left for the
 * next piece. False: there is no whole one. */
static bool cut_to_entries(struct str *text)
{
    for (size_t end = text->length; end >= 2; end--)
        if (text->data[end - 1] == '\n' && text->data[end - 2] == '\n') {
            str_truncate(text, end);
            return true;
        }
    return false;
}

/* LOG_READ or LOG_READ_PART if there are whole entries. */
static enum log_result read_piece(int fd, off_t *position, struct str *text)
{
    char chunk[8192];
    ssize_t got = 1;

    while (text->length < LOG_PIECE_MAX &&
           (got = pread(fd, chunk, sizeof chunk,
                        *position + (off_t)text->length)) > 0)
        str_add_bytes(text, chunk, (size_t)got);
    end_zeros(text);
    if (got < 0)
        return LOG_FAILED;
    if (got > 0 && !cut_to_entries(text)) {
        errno = EFBIG;
        return LOG_FAILED;
    }
    *position += (off_t)text->length;
    return got > 0 ? LOG_READ_PART : LOG_READ;
}

enum log_result log_read(struct arena *arena, const char *log, const char *id,
                         off_t *position, struct log_entries *out)
{
    struct str text = STR_EMPTY;
    int fd = queue_dir_open(log, id, O_RDONLY);

    memset(out, 0, sizeof *out);
    if (fd < 0) {
        if (errno == ENOENT)
            return LOG_MISSING;
        log_warning("open %s %s: %s", log, id, strerror(errno));
        return LOG_FAILED;
    }
    enum log_result result = read_piece(fd, position, &text);
    if (result == LOG_FAILED)
        log_warning("read %s %s: %s", log, id, strerror(errno));
    else if (text.length > 0)
        parse(arena, log, id, text.data, out);
    close(fd);
    str_fini(&text);
    return result;
}
