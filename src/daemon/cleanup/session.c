/* SPDX-License-Identifier: ISC
 *
 * session.c - a client and its messages, one after the other.
 *
 * A message that has gone bad is read to its end all the same: the client
 * writes without waiting, and asks for the verdict once.
 */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "ipc/codec.h"
#include "ipc/dispatch.h"
#include "mail/queue_log.h"
#include "mail/record.h"
#include "message.h"
#include "service/child_status.h"
#include "service/flow_token.h"
#include "service/service.h"

static struct message *message_new(int flags)
{
    struct arena *arena = arena_new();
    struct message *m = ARENA_NEW(arena, struct message);

    m->arena = m->results = arena;
    m->scratch = arena_new();
    m->flags = flags;
    m->segment = envelope_record;
    m->rewrite = REWRITE_LOCAL;
    m->origin = (struct origin) { "", "", "" };
    m->seen_recipients = hash_new();
    str_init(&m->changed_line);
    if (flags & CLEANUP_SMTPUTF8)
        m->sender_options |= MSGOPT_SMTPUTF8;
    return m;
}

static void message_free(struct message *m)
{
    message_writer_free(m->writer);
    mime_free(m->mime);
    str_fini(&m->changed_line);
    hash_free(m->seen_recipients, NULL);
    ARRAY_FREE(&m->bcc);
    ARRAY_FREE(&m->addressed);
    arena_free(m->scratch);
    arena_free(m->arena);
}

/* New mail waits a little while it comes in faster than it goes out. */
static void take_flow_token(void)
{
    if (queue_params.in_flow_delay > 0)
        flow_token_take(SERVICE_FLOW_READ,
                        deadline_in_s(queue_params.in_flow_delay));
}

/* Logs of an older message with the same short ID must not be mistaken for
 * those of this one. False: they would be. */
static bool remove_old_logs(const struct message *m)
{
    static const char *const logs[] = { "bounce", "defer", "trace" };

    if (queue_id_is_long(m->id))
        return true;
    for (size_t i = 0; i < sizeof logs / sizeof *logs; i++)
        if (!queue_log_remove(logs[i], m->id))
            return false;
    return true;
}

static bool create_file(struct message *m)
{
    const char *queue = m->flags & CLEANUP_HOLD ? "hold" : "incoming";
    struct error why = ERROR_NONE;

    m->writer = message_writer_create(queue, 0600, &why);
    if (m->writer == NULL) {
        log_warning("cannot make a queue file: %s", why.text);
        return false;
    }
    m->out = message_writer_stream(m->writer);
    m->id = message_writer_id(m->writer);
    if (!remove_old_logs(m))
        return false;
    output_size(m, false);
    return true;
}

/* Until message_end. False: the client went away before. */
static bool read_records(struct message *m, struct stream *in)
{
    struct str record = STR_EMPTY;

    while (!m->is_complete) {
        int type = record_get(in, &record, RECORD_NEW_MAX);
        if (type < 0) {
            if (type == REC_ERROR && stream_state(in) == STREAM_OK)
                log_warning("%s: malformed record from the client", m->id);
            break;
        }
        m->segment(m, type, record.data, record.length);
        if (type == REC_END) /* out of place, too: nothing follows */
            m->is_complete = true;
    }
    str_fini(&record);
    return m->is_complete;
}

static bool send_result(struct stream *s, const struct message *m)
{
    struct cleanup_result result = {
        .status = m->errors,
        .reason = m->errors != 0 && m->reason != NULL ? m->reason : "",
    };
    return ipc_send(s, cleanup_result, &result);
}

static bool take_message(struct message *m, struct stream *s)
{
    struct cleanup_opened opened = { m->id };

    if (!ipc_send(s, cleanup_opened, &opened))
        return false;
    if (!read_records(m, s)) {
        log_info("%s: removed (canceled)", m->id);
        return false;
    }
    finish_message(m);
    bool sent = send_result(s, m);
    finish_announce(m);
    return sent;
}

static bool serve_open(struct stream *s, struct arena *arena,
                       const void *request, void *context)
{
    const struct cleanup_open *q = request;
    struct message *m = message_new((int)q->flags);

    (void)arena, (void)context;
    take_flow_token();
    /* An answer without a queue ID tells the client to try again later. */
    bool ok = create_file(m) ? take_message(m, s)
                             : ipc_send(s, cleanup_opened,
                                        &(struct cleanup_opened) { "" });
    message_free(m);
    return ok;
}

static const struct dispatch_row requests[] = {
    { "open", &cleanup_open_schema, serve_open },
};

void session_serve(struct service_client *client)
{
    dispatch_serve(client->stream, requests,
                   sizeof requests / sizeof *requests, common_params.ipc_ttl,
                   common_params.ipc_timeout, NULL);
}
