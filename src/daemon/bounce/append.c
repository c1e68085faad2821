/* SPDX-License-Identifier: ISC
 *
 * append.c - one recipient into the log of its message.
 *
 * The entry is written whole and synced, or the file is cut back to what it
 * was: a reader never sees half an entry. The answer is given only after the
 * sync, because the delivery agent then marks the recipient as done.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/lock.h"
#include "base/log.h"
#include "base/text.h"
#include "bounce.h"
#include "config/params.h"
#include "mail/queue_dir.h"
#include "mail/quote.h"

enum { TEXT_MAX = 32 * 1024 };

static const char *external(struct arena *arena, const char *address)
{
    return *address != '\0' ? quote_822_dup(arena, address) : "<>";
}

static void add(struct str *out, const char *name, const char *value)
{
    if (*value != '\0')
        str_addf(out, "%s=%s\n", name, value);
}

static void format_entry(struct arena *arena, struct str *out,
                         const struct bounce_append *e)
{
    const char *recipient = external(arena, e->recipient);

    str_add(out, "\n");
    if (bounce_params.backwards_bounce_logfile_compatibility)
        str_addf(out, "<%s>: %s\n", *e->recipient != '\0' ? recipient : "",
                 e->reason);
    str_addf(out, "recipient=%s\n", recipient);
    if (*e->original != '\0' && !text_equal_nocase(e->original, e->recipient))
        str_addf(out, "original_recipient=%s\n",
                 external(arena, e->original));
    if (e->offset > 0)
        str_addf(out, "offset=%ld\n", (long)e->offset);
    add(out, "dsn_orig_rcpt", e->dsn_original);
    if (e->dsn_notify != 0)
        str_addf(out, "notify_flags=%d\n", (int)e->dsn_notify);
    add(out, "status", e->status);
    add(out, "action", e->action);
    if (*e->diag_type != '\0' && *e->diag_text != '\0') {
        add(out, "diag_type", e->diag_type);
        add(out, "diag_text", e->diag_text);
    }
    if (*e->mta_type != '\0' && *e->mta_name != '\0') {
        add(out, "mta_type", e->mta_type);
        add(out, "mta_mname", e->mta_name);
    }
    str_addf(out, "reason=%s\n\n", e->reason);
}

/* A line of the log is one line: what strangers said may hold newlines. Nor is
 * it so long that those who read the log would not take it. */
static const char *one_line(struct arena *arena, const char *text)
{
    char *copy = arena_strndup(arena, text, strnlen(text, TEXT_MAX));
    return text_printable(copy, '?', true);
}

static struct bounce_append sanitized(struct arena *arena,
                                      const struct bounce_append *e)
{
    struct bounce_append clean = *e;

    clean.original = one_line(arena, e->original);
    clean.recipient = one_line(arena, e->recipient);
    clean.dsn_original = one_line(arena, e->dsn_original);
    clean.status = one_line(arena, e->status);
    clean.action = one_line(arena, e->action);
    clean.diag_type = one_line(arena, e->diag_type);
    clean.diag_text = one_line(arena, e->diag_text);
    clean.mta_type = one_line(arena, e->mta_type);
    clean.mta_name = one_line(arena, e->mta_name);
    clean.reason = one_line(arena, e->reason);
    return clean;
}

/* Cut back to <size> what was not written whole. */
static bool write_entry(int fd, off_t size, const struct str *text)
{
    if (file_write_all(fd, text->data, text->length) && fsync(fd) == 0)
        return true;
    int error = errno;
    if (ftruncate(fd, size) < 0)
        log_warning("cannot cut back an unfinished log entry: %s",
                    strerror(errno));
    errno = error;
    return false;
}

/* A file that was empty may be new, and then its name is to be safe, too. */
static bool append_locked(int fd, const char *path, const struct str *text)
{
    struct error why = ERROR_NONE;
    off_t size = lseek(fd, 0, SEEK_END);

    return size >= 0 && write_entry(fd, size, text) &&
           (size > 0 || file_sync_carries_name(fd) ||
            file_sync_folder(path, &why));
}

bool log_append(const char *log, const struct bounce_append *entry)
{
    struct arena *arena = arena_new();
    struct bounce_append clean = sanitized(arena, entry);
    struct str text = STR_EMPTY, path = STR_EMPTY;

    format_entry(arena, &text, &clean);
    queue_dir_path(&path, log, entry->queue_id);
    int fd = queue_dir_open(log, entry->queue_id,
                            O_RDWR | O_APPEND | O_CREAT);
    bool ok = fd >= 0 &&
              lock_file(fd, LOCK_STYLE_FLOCK, LOCK_KIND_EXCLUSIVE,
                        deadline_in_s(common_params.ipc_timeout)) &&
              append_locked(fd, path.data, &text);
    if (!ok)
        log_warning("%s: cannot write to %s: %s", entry->queue_id, path.data,
                    strerror(errno));
    if (fd >= 0)
        close(fd);
    str_fini(&path);
    str_fini(&text);
    arena_free(arena);
    return ok;
}
