/* SPDX-License-Identifier: ISC
 *
 * main.c - bounce, defer and trace: the logs of what became of recipients,
 * and the notices made of them. The service's name says which log it keeps.
 */
#include <string.h>

#include "base/fatal.h"
#include "base/file.h"
#include "base/log.h"
#include "bounce.h"
#include "dump.h"
#include "ipc/codec.h"
#include "ipc/dispatch.h"
#include "mail/queue_id.h"
#include "mail/verp.h"
#include "service/service.h"

static bool answer(struct stream *s, bool ok)
{
    struct bounce_reply reply = { .status = ok ? 0 : 1 };

    return ipc_send(s, bounce_reply, &reply);
}

static bool id_is_good(const char *id)
{
    if (queue_id_is_valid(id))
        return true;
    log_warning("refused a request with the bad queue ID \"%s\"", id);
    return false;
}

static bool message_is_good(const struct bounce_notify *m)
{
    return id_is_good(m->queue_id) && queue_id_is_valid(m->queue_name);
}

/* The log that this service keeps: others look for it by the usual name. */
static const char *log_queue(void)
{
    const char *name = service_name();

    if (strcmp(name, common_params.bounce_service_name) == 0)
        return "bounce";
    if (strcmp(name, common_params.defer_service_name) == 0)
        return "defer";
    if (strcmp(name, common_params.trace_service_name) == 0)
        return "trace";
    return name;
}

static bool serve_append(struct stream *s, struct arena *arena,
                         const void *request, void *context)
{
    const struct bounce_append *q = request;

    (void)arena, (void)context;
    return answer(s, id_is_good(q->queue_id) &&
                         log_append(log_queue(), q));
}

static bool serve_flush(struct stream *s, struct arena *arena,
                        const void *request, void *context)
{
    const struct bounce_notify *q = request;
    bool trace = strcmp(log_queue(), "trace") == 0;

    (void)arena, (void)context;
    if (!message_is_good(q))
        return answer(s, false);
    return answer(s, trace ? notify_trace(log_queue(), q)
                           : notify_flush(log_queue(), q));
}

static bool serve_warn(struct stream *s, struct arena *arena,
                       const void *request, void *context)
{
    const struct bounce_notify *q = request;

    (void)arena, (void)context;
    return answer(s, message_is_good(q) && notify_warn(log_queue(), q));
}

static bool serve_verp(struct stream *s, struct arena *arena,
                       const void *request, void *context)
{
    const struct bounce_notify *q = request;

    (void)arena, (void)context;
    return answer(s, message_is_good(q) &&
                         verp_check(q->verp,
                                    common_params.verp_delimiter_filter) ==
                             NULL &&
                         notify_verp(log_queue(), q));
}

static bool serve_one(struct stream *s, struct arena *arena,
                      const void *request, void *context)
{
    const struct bounce_one *q = request;

    (void)arena, (void)context;
    return answer(s, message_is_good(&q->message) &&
                         notify_one(&q->message, &q->recipient));
}

static const struct dispatch_row requests[] = {
    { "append", &bounce_append_schema, serve_append },
    { "flush", &bounce_notify_schema, serve_flush },
    { "warn", &bounce_notify_schema, serve_warn },
    { "verp", &bounce_notify_schema, serve_verp },
    { "one", &bounce_one_schema, serve_one },
};

/* On standard input there is only postconf, with nothing to say. */
static void dump(void)
{
    bool expanded = strcmp(service_name(), DUMP_EXPANDED) == 0;

    if (!expanded && strcmp(service_name(), DUMP_TEMPLATES) != 0)
        fatal("on standard input, the service is %s or %s", DUMP_TEMPLATES,
              DUMP_EXPANDED);
    templates_dump(expanded);
}

static void serve(struct service_client *client)
{
    if (client->is_standalone) {
        dump();
        return;
    }
    dispatch_serve(client->stream, requests,
                   sizeof requests / sizeof *requests,
                   common_params.ipc_idle, common_params.ipc_timeout, NULL);
}

static void before_jail(void)
{
    file_learn_order(common_params.queue_directory);
    templates_load(bounce_params.bounce_template_file);
}

static const struct param_group *const groups[] = {
    &bounce_param_group, &notify_param_group, &queue_param_group,
    &message_param_group, NULL,
};

static const struct service bounce = {
    .name = "bounce",
    .groups = groups,
    .kind = SERVICE_STREAM,
    .sessions = SERVICE_ONE,
    .flags = SERVICE_NO_LIMIT | SERVICE_STANDALONE,
    .may = MAY_WRITE_QUEUE,
    .queue_folders = "incoming active deferred bounce defer trace corrupt",
    .serve = serve,
    .before_jail = before_jail,
};

int main(int argc, char **argv)
{
    return service_main(&bounce, argc, argv);
}
