/* SPDX-License-Identifier: ISC
 *
 * main.c - flush: which messages wait for which site, for ETRN.
 *
 * One file a site, with a queue ID a line, appended under a lock. When the
 * site asks for its mail the files of these IDs become due, go to the
 * incoming queue, and the list is emptied. Since it says nothing of mail that
 * was delivered otherwise, lists are processed from time to time anyway.
 */
#include <errno.h>

#include "base/log.h"
#include "base/text.h"
#include "flush.h"
#include "ipc/codec.h"
#include "ipc/dispatch.h"
#include "ipc/messages/small.h"
#include "mail/queue_id.h"
#include "service/service.h"
#include "table/match_list.h"

static struct match_list *domains;

static void open_tables(void)
{
    bool with_parents = text_lists_word(
        common_params.parent_domain_matches_subdomains, "fast_flush_domains");

    domains = match_list_open("fast_flush_domains",
                              flush_params.fast_flush_domains, MATCH_DOMAIN,
                              with_parents ? MATCH_PARENT : 0);
}

/* FLUSH_OK if the site has a list. */
static int check_site(const char *site)
{
    if (*site == '\0')
        return FLUSH_BAD;
    switch (match_list_has(domains, site, NULL, NULL)) {
    case FOUND: return FLUSH_OK;
    case ABSENT: return FLUSH_DENIED;
    case FAILED: return FLUSH_FAILED;
    }
    return FLUSH_FAILED;
}

static bool answer(struct stream *s, int status)
{
    struct status_reply reply = { status };

    return ipc_send(s, status_reply, &reply);
}

static bool handle_add(struct stream *s, struct arena *arena,
                       const void *request, void *context)
{
    const struct flush_request *q = request;

    (void)context;
    int status = check_site(q->site);
    if (status == FLUSH_OK)
        status = queue_id_is_valid(q->queue_id)
                     ? site_add(arena, q->site, q->queue_id)
                     : FLUSH_BAD;
    return answer(s, status);
}

static bool handle_send_site(struct stream *s, struct arena *arena,
                             const void *request, void *context)
{
    const struct flush_request *q = request;

    (void)context;
    int status = check_site(q->site);
    if (status == FLUSH_OK)
        status = site_send(site_file_name(arena, q->site), SEND_UNTHROTTLE);
    return answer(s, status);
}

static bool handle_send_file(struct stream *s, struct arena *arena,
                             const void *request, void *context)
{
    const struct flush_request *q = request;

    (void)arena;
    (void)context;
    if (!queue_id_is_valid(q->queue_id))
        return answer(s, FLUSH_BAD);
    return answer(s, file_send(q->queue_id));
}

/* These take a while; whoever asks does not wait for the end. */
static bool handle_refresh(struct stream *s, struct arena *arena,
                           const void *request, void *context)
{
    (void)arena;
    (void)request;
    (void)context;
    answer(s, FLUSH_OK);
    all_refresh(flush_params.fast_flush_refresh_time);
    return false;
}

static bool handle_purge(struct stream *s, struct arena *arena,
                         const void *request, void *context)
{
    (void)arena;
    (void)request;
    (void)context;
    answer(s, FLUSH_OK);
    all_refresh(0);
    return false;
}

static const struct dispatch_row rows[] = {
    { "add", &flush_request_schema, handle_add },
    { "send_site", &flush_request_schema, handle_send_site },
    { "send_file", &flush_request_schema, handle_send_file },
    { "refresh", &flush_request_schema, handle_refresh },
    { "purge", &flush_request_schema, handle_purge },
};

/* Master's wakeup is a byte without a sentence: time for a refresh. */
static bool is_wakeup(struct stream *s)
{
    if (!stream_fill(s) || *stream_peek(s) != 'W')
        return false;
    stream_drop_input(s);
    return true;
}

static void serve(struct service_client *client)
{
    if (is_wakeup(client->stream)) {
        all_refresh(flush_params.fast_flush_refresh_time);
        return;
    }
    dispatch_serve(client->stream, rows, sizeof rows / sizeof rows[0],
                   common_params.ipc_idle, common_params.ipc_timeout, NULL);
}

static const struct param_group *const groups[] = { &flush_param_group, NULL };

static const struct service flush = {
    .name = "flush",
    .groups = groups,
    .kind = SERVICE_STREAM,
    .sessions = SERVICE_ONE,
    .flags = SERVICE_NO_LIMIT,
    .may = MAY_WRITE_QUEUE | MAY_READ_CONFIG,
    .queue_folders = "flush incoming deferred public",
    .serve = serve,
    .before_jail = open_tables,
};

int main(int argc, char **argv)
{
    return service_main(&flush, argc, argv);
}
