/* SPDX-License-Identifier: ISC
 *
 * finish.c - the end of a message: into the queue, back to the sender, or
 * away.
 *
 * The client hears that all is well only when the file and its name are on
 * disk.
 */
#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "client/bounce.h"
#include "client/cleanup.h"
#include "ipc/call.h"
#include "mail/dsn_notify.h"
#include "mail/record.h"
#include "message.h"

/* ---- into the queue ---- */

static bool is_shortage(int reason)
{
    return reason == EMFILE || reason == ENFILE || reason == ENOMEM ||
           reason == ENOBUFS;
}

/* The connection for announcements; -1: none yet. */
static int queue_manager = -1;

/* Best effort: the queue manager also looks for itself from time to time. */
void finish_announce(const struct message *m)
{
    enum { TIMEOUT_S = 1, TRIES = 10, PAUSE_MS = 1000 };
    struct error why = ERROR_NONE;

    if (!m->is_incoming)
        return;
    const char *line = arena_printf(m->arena, "N%s\n", m->id);
    for (int i = 0; i < TRIES; i++) {
        if (ipc_trigger_line(&queue_manager, "public",
                             common_params.queue_service_name, line,
                             TIMEOUT_S, &why))
            return;
        if (!is_shortage(errno))
            break;
        clock_sleep_ms(PAUSE_MS);
    }
    if (log_verbose() > 0)
        log_info("%s: %s", m->id, why.text);
}

static void commit_failed(struct message *m, const struct error *why)
{
    bool full = errno == ENOSPC || errno == EDQUOT;

    log_warning("%s", why->text);
    message_fail(m, CLEANUP_STAT_WRITE,
                 full ? "452 4.3.1 Insufficient system storage" : NULL);
}

static const char *final_queue(const struct message *m)
{
    if (m->flags & CLEANUP_HOLD)
        return "hold";
    return m->defer_delay_s > 0 ? "deferred" : "incoming";
}

static void commit(struct message *m)
{
    const char *queue = final_queue(m);
    struct error why = ERROR_NONE;
    time_t when = m->defer_delay_s > 0
                      ? clock_wall().tv_sec + m->defer_delay_s
                      : 0;

    output_size(m, true);
    if (message_failed(m))
        return;
    if ((strcmp(queue, message_writer_queue(m->writer)) != 0 &&
         !message_writer_move(m->writer, queue, &why)) ||
        !message_writer_commit(m->writer, 0, when, &why)) {
        commit_failed(m, &why);
        return;
    }
    m->is_incoming = strcmp(queue, "incoming") == 0;
}

/* ---- back to the sender ---- */

static bool is_returnable(const struct message *m)
{
    return (m->flags & CLEANUP_BOUNCE) && m->sender != NULL &&
           m->addressed.count > 0 && (m->errors & ~CLEANUP_STAT_RETURNED) == 0;
}

static void fill_status(const struct message *m, struct status_message *out)
{
    bool headers_only = m->errors & (CLEANUP_STAT_CONTENT | CLEANUP_STAT_SIZE);

    *out = (struct status_message) {
        .queue_name = message_writer_queue(m->writer),
        .queue_id = m->id,
        .sender = m->sender,
        .encoding = m->encoding,
        .envelope_id = m->envelope_id,
        .verp = m->verp,
        .message_id = m->header.message_id,
        .dsn_return = headers_only ? DSN_RET_HEADERS : m->dsn_return,
        .sender_options = m->sender_options,
        .trace_flags = m->trace_flags,
    };
}

static bool bounce_recipients(const struct message *m, const struct dsn *dsn,
                              const struct status_message *status)
{
    struct delivery_times times = { .arrival = m->arrival };

    for (size_t i = 0; i < m->addressed.count; i++) {
        const struct recipient *to = &m->addressed.items[i];
        if (!bounce_recipient(status, to, "none", &times, dsn))
            return false;
    }
    return m->addressed.count > 0;
}

/* What was too large is shown by its headers, so it needs an end. */
static void end_cut_file(struct message *m)
{
    if (m->data_offset == 0)
        m->data_offset = stream_tell(m->out);
    if (m->extracted_offset == 0)
        m->extracted_offset = stream_tell(m->out);
    record_put(m->out, REC_XTRA, "", 0);
    record_put(m->out, REC_END, "", 0);
}

static void return_message(struct message *m)
{
    const struct cleanup_verdict *verdict = cleanup_verdict(m->errors);
    struct status_message status;
    struct dsn dsn;

    dsn_split(m->arena, verdict->dsn,
              m->reason != NULL ? m->reason : verdict->text, &dsn);
    fill_status(m, &status);
    bool is_cut = m->errors & CLEANUP_STAT_SIZE;
    m->errors = 0;
    if (is_cut)
        end_cut_file(m);
    output_size(m, true);
    stream_flush(m->out); /* the bounce service reads the file */
    if (!bounce_recipients(m, &dsn, &status) || !bounce_flush(&status)) {
        log_warning("%s: the sender could not be told", m->id);
        message_fail(m, CLEANUP_STAT_WRITE, NULL);
    }
}

void finish_message(struct message *m)
{
    if (m->errors == 0 && (m->flags & CLEANUP_DISCARD)) {
        log_info("%s: removed (discarded)", m->id);
        return;
    }
    if (m->errors == 0 && m->recipients == 0)
        message_fail(m, CLEANUP_STAT_RCPT, NULL);
    if (m->errors == 0) {
        commit(m);
        if (m->errors == 0)
            return;
    } else if (is_returnable(m)) {
        return_message(m);
    }
    log_info("%s: removed (canceled)", m->id);
}
