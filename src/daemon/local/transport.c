/* SPDX-License-Identifier: ISC
 *
 * transport.c - other ways to deliver than ours: a transport of master.cf, or
 * a command in the mailbox's place.
 */
#include <string.h>

#include "base/log.h"
#include "local.h"
#include "table/maps.h"

static struct maps *mailbox_transports, *fallback_transports, *commands;

void transports_open(void)
{
    const unsigned flags = TABLE_FOLD | TABLE_NO_REGSUB | TABLE_UTF8;

    mailbox_transports = maps_open("mailbox_transport_maps",
                                   local_params.mailbox_transport_maps, flags);
    fallback_transports =
        maps_open("fallback_transport_maps",
                  local_params.fallback_transport_maps, flags);
    /* What it names runs with the rights of the user. */
    commands = maps_open("mailbox_command_maps",
                         local_params.mailbox_command_maps,
                         flags | TABLE_NO_PROXY | TABLE_NO_UNAUTH);
}

/* A probe is reported in the place of the mailbox. */
bool mailbox_is_next(const struct delivery *d)
{
    return maps_is_empty(mailbox_transports) && maps_is_empty(commands) &&
           local_params.mailbox_transport[0] == '\0' &&
           local_params.mailbox_command[0] == '\0' && !request_is_probe(d->job->request);
}

/* What the tables say of the user, else <text>. ABSENT: neither. FAILED: the
 * mail was deferred, which is its fate. */
static enum answer choose(const struct delivery *d, struct maps *maps,
                          const char *text, const char **out, enum fate *fate)
{
    struct str value = STR_EMPTY;
    enum answer answer = maps_get(maps, d->user, false, &value);

    if (answer == FOUND)
        *out = arena_strdup(d->job->arena, value.data);
    if (answer == FAILED)
        *fate = report_failed(d, "4.3.0", "table lookup failure");
    str_fini(&value);
    if (answer != ABSENT || *text == '\0')
        return answer;
    *out = text;
    return FOUND;
}

/* transport:nexthop, both ends of which may be empty. */
static enum fate pass(const struct delivery *d, const char *route)
{
    struct request *r = d->job->request;
    const char *colon = strchr(route, ':');
    size_t length = colon == NULL ? strlen(route) : (size_t)(colon - route);
    char *transport = arena_strndup(d->job->arena, route, length);
    const char *nexthop =
        colon == NULL || colon[1] == '\0' ? r->wire->nexthop : colon + 1;
    struct dsn dsn;

    log_info("%s: passing <%s> to transport=%s", r->wire->queue_id,
             d->to.address, transport);
    struct recipient saved = r->recipients[d->job->index];
    bool was_deferred = r->deferred;
    r->deferred = false;
    r->recipients[d->job->index] = d->to;
    bool passed =
        delivery_pass(transport, nexthop, r, d->job->index, &dsn);
    bool kept = r->deferred;
    r->recipients[d->job->index] = saved;
    r->deferred = was_deferred || kept;
    if (!passed)
        return report_dsn(d, &dsn);
    return kept ? KEPT : FINISHED;
}

static bool pass_if_chosen(const struct delivery *d, struct maps *maps,
                           const char *text, enum fate *fate)
{
    const char *route;
    enum answer answer = choose(d, maps, text, &route, fate);

    if (answer == FOUND)
        *fate = pass(d, route);
    return answer != ABSENT;
}

bool deliver_mailbox_transport(const struct delivery *d, enum fate *fate)
{
    return pass_if_chosen(d, mailbox_transports,
                          local_params.mailbox_transport, fate);
}

bool deliver_fallback_transport(const struct delivery *d, enum fate *fate)
{
    return pass_if_chosen(d, fallback_transports,
                          local_params.fallback_transport, fate);
}

bool deliver_mailbox_command(const struct delivery *d, enum fate *fate)
{
    const char *command;
    enum answer answer =
        choose(d, commands, local_params.mailbox_command, &command, fate);

    if (answer == FOUND)
        *fate = deliver_command(d, command);
    return answer != ABSENT;
}
