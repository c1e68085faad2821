/* SPDX-License-Identifier: ISC
 *
 * log.c - the recipients in a defer or bounce log, with reasons.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/text.h"
#include "config/params.h"
#include "mail/queue_dir.h"
#include "showq.h"

enum { LOG_LINE_MAX = 65536 };

/* What an entry has said so far. */
struct log_entry {
    struct str recipient, original, reason;
    bool has_recipient;
};

static void clear(struct log_entry *entry)
{
    str_clear(&entry->recipient);
    str_clear(&entry->original);
    str_clear(&entry->reason);
    entry->has_recipient = false;
}

/* "<address>: reason" of old logs; newer ones say it again by name. */
static void take_old_form(struct log_entry *entry, char *line)
{
    char *end = strstr(line, ">: ");

    if (end == NULL)
        return;
    *end = '\0';
    str_set(&entry->recipient, line + 1);
    str_set(&entry->reason, end + 3);
    entry->has_recipient = true;
}

static void take_value(struct log_entry *entry, const char *name,
                       const char *value)
{
    if (strcmp(name, "recipient") == 0) {
        str_set(&entry->recipient, strcmp(value, "<>") == 0 ? "" : value);
        entry->has_recipient = true;
    } else if (strcmp(name, "original_recipient") == 0) {
        str_set(&entry->original, value);
    } else if (strcmp(name, "reason") == 0) {
        str_set(&entry->reason, value);
    }
}

static void take_line(struct log_entry *entry, char *line)
{
    char *name, *value;

    text_printable(line, '?', true);
    if (*line == '<')
        take_old_form(entry, line);
    else if (text_split_nameval(line, &name, &value))
        take_value(entry, name, value);
}

static void show(struct stream *out, const struct log_entry *entry,
                 const char *log_class, struct hash *seen)
{
    static char noted;

    if (!entry->has_recipient || hash_has(seen, entry->recipient.data))
        return;
    if (message_params.duplicate_filter_limit <= 0 ||
        (long)hash_count(seen) < message_params.duplicate_filter_limit)
        hash_put(seen, entry->recipient.data, &noted);
    put_recipient(out, entry->original.data, entry->recipient.data, log_class,
                  entry->reason.data);
}

void list_log(struct stream *out, const char *log_class, const char *id,
              struct hash *seen)
{
    int fd = queue_dir_open(log_class, id, O_RDONLY);
    if (fd < 0) {
        if (errno != ENOENT)
            say_unreadable(log_class, id, errno);
        return;
    }
    struct stream *in = stream_open_file(fd);
    struct str line = STR_EMPTY;
    struct log_entry entry = { STR_EMPTY, STR_EMPTY, STR_EMPTY, false };
    while (!listing_is_too_long(out) &&
           stream_get_until(in, '\n', LOG_LINE_MAX, &line)) {
        if (line.length == 0) {
            show(out, &entry, log_class, seen);
            clear(&entry);
        } else
            take_line(&entry, line.data);
    }
    show(out, &entry, log_class, seen);
    str_fini(&entry.recipient);
    str_fini(&entry.original);
    str_fini(&entry.reason);
    str_fini(&line);
    stream_close(in);
}
