/* SPDX-License-Identifier: ISC
 *
 * transport_map.c - transport(5) lookups.
 */
#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "base/text.h"
#include "config/params.h"
#include "mail/address.h"
#include "mail/find.h"
#include "trivial_rewrite.h"

void transport_split(struct arena *arena, const char *text,
                     const char **transport, const char **nexthop)
{
    const char *colon = strchr(text, ':');

    if (colon == NULL) {
        *transport = arena_strdup(arena, text);
        *nexthop = "";
        return;
    }
    *transport = arena_strndup(arena, text, (size_t)(colon - text));
    *nexthop = arena_strdup(arena, colon + 1);
}

/* For what error(8) serves, the next hop is what the sender is told. */
static const char *usual_nexthop(const char *transport, const char *domain)
{
    bool is_text =
        strcmp(transport, common_params.error_service_name) == 0 ||
        strcmp(transport, "retry") == 0;

    return is_text ? "Address is undeliverable" : domain;
}

/* An entry without ':' is a transport. */
static void apply(struct arena *arena, const char *entry, const char *domain,
                  const char **transport, const char **nexthop)
{
    const char *new_transport, *new_nexthop;

    transport_split(arena, entry, &new_transport, &new_nexthop);
    if (*new_nexthop != '\0')
        *nexthop = new_nexthop;
    else if (*new_transport != '\0')
        *nexthop = usual_nexthop(new_transport, domain);
    if (*new_transport != '\0')
        *transport = new_transport;
}

static enum answer get_domain(struct maps *maps, struct arena *arena,
                              const char *domain, struct str *value)
{
    bool plain_parents = text_lists_word_nocase(
        common_params.parent_domain_matches_subdomains, "transport_maps");
    char *key = text_lower(arena_strdup(arena, domain));
    enum answer answer = maps_get(maps, key, true, value);

    while (answer == ABSENT && *key != '\0' &&
           (key = strchr(key + 1, '.')) != NULL)
        answer = maps_get(maps, plain_parents ? key + 1 : key, true, value);
    return answer == ABSENT ? maps_get(maps, "*", true, value) : answer;
}

enum answer transport_map_get(struct maps *maps, struct arena *arena,
                              const char *address, const char *domain,
                              const char **transport, const char **nexthop)
{
    struct find_options options = {
        .steps = FIND_FULL,
        .delimiters = common_params.recipient_delimiter,
        .myorigin = common_params.myorigin,
    };
    struct str value = STR_EMPTY;

    if (maps_is_empty(maps))
        return ABSENT;
    enum answer answer =
        find_address(maps, arena, address, &options, &value, NULL);
    if (answer == ABSENT)
        answer = get_domain(maps, arena, domain, &value);
    if (answer == FAILED)
        log_warning("transport_maps lookup failure");
    if (answer == FOUND)
        apply(arena, value.data, domain, transport, nexthop);
    str_fini(&value);
    return answer;
}
