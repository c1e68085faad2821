/* SPDX-License-Identifier: ISC
 *
 * main.c - verify: which addresses are deliverable, by probes that are
 * delivered up to, but without, the message.
 */
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "cache.h"
#include "client/cleanup.h"
#include "ipc/codec.h"
#include "ipc/dispatch.h"
#include "ipc/messages/small.h"
#include "mail/address.h"
#include "mail/message.h"
#include "mail/probe_sender.h"
#include "service/service.h"

static bool answer(struct stream *s, int status, int recipient_status,
                   const char *reason)
{
    struct verify_reply reply = { status, recipient_status, reason };

    return ipc_send(s, verify_reply, &reply);
}

static const char *probe_sender(struct arena *arena)
{
    const char *sender = verify_params.address_verify_sender;
    long ttl = verify_params.address_verify_sender_ttl;

    if (*sender == '\0' || strcmp(sender, "<>") == 0)
        return "";
    return ttl > 0 ? probe_sender_at(arena, sender, ttl, time(NULL)) : sender;
}

static bool send_probe(struct arena *arena, const char *address)
{
    struct cleanup_post *post = cleanup_notice_open(
        probe_sender(arena), address,
        CLEANUP_MAP | cleanup_utf8_flags("verify"), TRACE_MTA_VERIFY, 0);
    struct str reason = STR_EMPTY;

    if (post == NULL) {
        log_warning("cannot post a probe for %s", address);
        return false;
    }
    record_put(cleanup_post_stream(post), REC_XTRA, "", 0);
    int status = cleanup_post_finish(post, &reason);
    if (status != CLEANUP_STAT_OK)
        log_warning("probe for %s: %s", address,
                    cleanup_verdict(status)->text);
    str_fini(&reason);
    return status == CLEANUP_STAT_OK;
}

/* Without a negative cache, each who asks sends a probe. */
static bool keeps(const struct cache_entry *entry)
{
    return entry->status == VERIFY_OK ||
           verify_params.address_verify_negative_cache;
}

/* The entry is stored first: others who ask meanwhile send no second probe. One
 * that could not be posted is tried again when the next asks. */
static bool probe_again(struct arena *arena, const char *address,
                        struct cache_entry *entry)
{
    entry->probed = time(NULL);
    if (entry->status == VERIFY_TODO)
        entry->updated = 0;
    if (keeps(entry) && !cache_put(arena, address, entry))
        return false;
    if (send_probe(arena, address))
        return true;
    entry->probed = 0;
    return !keeps(entry) || cache_put(arena, address, entry);
}

static bool serve_query(struct stream *s, struct arena *arena,
                        const void *request, void *context)
{
    const struct verify_request *q = request;
    struct cache_entry entry = { .status = VERIFY_TODO,
                                 .text = "Address verification in progress" };

    (void)context;
    if (*q->address == '\0')
        return answer(s, 1, VERIFY_DEFER, "empty address");
    if (cache_get(arena, q->address, &entry) == FAILED)
        return answer(s, 1, VERIFY_DEFER,
                      "Address verification status unavailable");
    bool stale = cache_needs_refresh(&entry) &&
                 (!cache_is_probed(&entry) || !keeps(&entry));
    if (stale && !probe_again(arena, q->address, &entry))
        return answer(s, 1, VERIFY_DEFER,
                      "Address verification status unavailable");
    return answer(s, 0, entry.status, entry.text);
}

/* One good result outlives bad ones until it expires: trouble at the other
 * end must not cost mail. */
static bool serve_update(struct stream *s, struct arena *arena,
                         const void *request, void *context)
{
    const struct verify_request *q = request;
    int status = (int)q->recipient_status;
    struct cache_entry old, entry = { .status = status,
                                      .updated = time(NULL),
                                      .text = q->reason };

    (void)context;
    if (*q->address == '\0' || status < VERIFY_OK || status > VERIFY_TODO)
        return answer(s, 1, VERIFY_DEFER, "bad request");
    if (status != VERIFY_OK) {
        if (!verify_params.address_verify_negative_cache)
            return answer(s, 0, status, "");
        if (cache_get(arena, q->address, &old) == FOUND &&
            old.status == VERIFY_OK)
            return answer(s, 0, status, "");
    }
    entry.text = text_printable(arena_strdup(arena, q->reason), '?', true);
    return answer(s, cache_put(arena, q->address, &entry) ? 0 : 1, status, "");
}

static const struct dispatch_row requests[] = {
    { "query", &verify_request_schema, serve_query },
    { "update", &verify_request_schema, serve_update },
};

static void serve(struct service_client *client)
{
    dispatch_serve(client->stream, requests,
                   sizeof requests / sizeof *requests, common_params.ipc_idle,
                   common_params.ipc_timeout, NULL);
}

static const struct param_group *const groups[] = {
    &verify_param_group, &address_param_group, &message_param_group, NULL,
};

static const struct service verify = {
    .name = "verify",
    .groups = groups,
    .kind = SERVICE_STREAM,
    .sessions = SERVICE_MANY,
    /* Without a map, what it knows ends with the process. */
    .flags = SERVICE_SOLITARY | SERVICE_NEVER_IDLE,
    .may = MAY_READ_CONFIG | MAY_WRITE_DATA,
    .serve = serve,
    .before_jail = cache_open,
    .background = cache_sweep_forever,
};

int main(int argc, char **argv)
{
    return service_main(&verify, argc, argv);
}
