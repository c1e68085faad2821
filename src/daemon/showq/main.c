/* SPDX-License-Identifier: ISC
 *
 * main.c - showq lists the mail queue, for postqueue and others. Run by hand
 * with -S, it does so while the mail system is down.
 */
#include "config/params.h"
#include "service/service.h"
#include "showq.h"

void put_text(struct stream *out, const char *name, const char *value)
{
    stream_put(out, name);
    stream_put_char(out, '\0');
    stream_put(out, value);
    stream_put_char(out, '\0');
}

void put_number(struct stream *out, const char *name, long value)
{
    stream_put(out, name);
    stream_put_char(out, '\0');
    stream_putf(out, "%ld", value);
    stream_put_char(out, '\0');
}

void put_end(struct stream *out)
{
    stream_put_char(out, '\0');
}

void put_recipient(struct stream *out, const char *original,
                   const char *address, const char *log_class,
                   const char *reason)
{
    put_text(out, "original_recipient", original);
    put_text(out, "recipient", address);
    put_text(out, "log_class", log_class);
    put_text(out, "reason", reason);
}

/* Without its end the client knows that the list is not all. */
static void serve(struct service_client *client)
{
    static const char *const queues[] = { "maildrop", "active", "incoming",
                                          "deferred", "hold" };
    struct stream *out = client->stream;

    put_text(out, "protocol", "mail_queue_list_protocol");
    put_end(out);
    bool complete = true;
    for (size_t i = 0; i < sizeof queues / sizeof queues[0]; i++)
        complete = list_queue(out, queues[i]) && complete;
    if (complete)
        put_end(out);
    stream_flush(out);
}

static const struct param_group *const groups[] = {
    &message_param_group, NULL,
};

static const struct service showq = {
    .name = "showq",
    .groups = groups,
    .kind = SERVICE_STREAM,
    .sessions = SERVICE_ONE,
    .flags = SERVICE_STANDALONE,
    .may = MAY_READ_QUEUE,
    .queue_folders =
        "maildrop incoming active deferred hold bounce defer trace",
    .serve = serve,
};

int main(int argc, char **argv)
{
    return service_main(&showq, argc, argv);
}
