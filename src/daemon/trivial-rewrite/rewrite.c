/* SPDX-License-Identifier: ISC
 *
 * rewrite.c - addresses to standard form.
 *
 * The address is in internal form: what stands before the last '@' is the
 * local part as it is meant, whatever characters it has.
 */
#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "base/text.h"
#include "config/compat.h"
#include "config/params.h"
#include "mail/quote.h"
#include "service/service.h"
#include "trivial_rewrite.h"

/* Constant after start: append_dot_mydomain is yes only because of the
 * compatibility_level. */
static bool old_append;

void rewrite_open(void)
{
    old_append =
        compat_uses_old_default(service_config(), "append_dot_mydomain", "1");
}

/* "@a,@b:user@domain" loses its route: RFC 5321, appendix C. */
static const char *without_route(const char *address)
{
    if (address[0] != '@')
        return address;
    const char *colon = strchr(address, ':');
    return colon != NULL ? colon + 1 : address;
}

/* What a missing domain is completed with; NULL: nothing. */
static const char *origin_of(enum rewrite_context context, const char *mine)
{
    if (context == REWRITE_LOCAL)
        return mine;
    const char *remote = message_params.remote_header_rewrite_domain;
    return *remote != '\0' ? remote : NULL;
}

static bool has_domain(enum rewrite_routing routing, const char *address)
{
    return routing != ROUTING_NEVER && strrchr(address, '@') != NULL;
}

static bool may_route(struct arena *arena, enum rewrite_routing routing,
                      const char *local)
{
    if (routing == ROUTING_UNQUOTED)
        return quote_822_dup(arena, arena_printf(arena, "%s@", local))[0] !=
               '"';
    return routing == ROUTING_ALWAYS;
}

/* site!user becomes user@site, user%domain becomes user@domain. NULL: the
 * local part has neither. */
static char *with_local_routing(struct arena *arena, const char *local)
{
    const char *bang = strchr(local, '!');
    if (bang != NULL && rewrite_params.swap_bangpath)
        return arena_printf(arena, "%s@%.*s", bang + 1, (int)(bang - local),
                            local);
    const char *percent = strrchr(local, '%');
    if (percent != NULL && rewrite_params.allow_percent_hack)
        return arena_printf(arena, "%.*s@%s", (int)(percent - local), local,
                            percent + 1);
    return NULL;
}

static char *with_domain(struct arena *arena, enum rewrite_context context,
                         enum rewrite_routing routing, const char *local)
{
    char *routed = may_route(arena, routing, local)
                       ? with_local_routing(arena, local)
                       : NULL;
    if (routed != NULL)
        return routed;
    const char *origin = origin_of(context, common_params.myorigin);
    if (!rewrite_params.append_at_myorigin || origin == NULL)
        return arena_strdup(arena, local);
    return arena_printf(arena, "%s@%s", local, origin);
}

/* "localhost" is as good as it was if it is a domain of ours as it stands. */
static void log_old_default(const char *domain, const char *suffix)
{
    bool is_localhost = text_equal_nocase(domain, "localhost");

    if (!old_append || (is_localhost && resolve_has_class(domain)))
        return;
    log_info(COMPAT_LOG "append_dot_mydomain=yes to rewrite \"%s\" to "
             "\"%s.%s\"%s",
             domain, domain, suffix,
             is_localhost ? "; please add \"localhost\" to mydestination or "
                            "other address class"
                          : "");
}

/* "user@host" becomes "user@host.$mydomain". */
static char *with_full_domain(struct arena *arena, enum rewrite_context context,
                              char *address, const char *domain)
{
    const char *suffix = origin_of(context, common_params.mydomain);

    if (!rewrite_params.append_dot_mydomain || suffix == NULL ||
        *domain == '\0' || *domain == '[' || strchr(domain, '.') != NULL)
        return address;
    if (context == REWRITE_LOCAL)
        log_old_default(domain, suffix);
    return arena_printf(arena, "%s.%s", address, suffix);
}

/* One trailing dot goes, two or a lone dot stay (and are an error later). */
static void strip_trailing_dot(char *domain)
{
    size_t length = strlen(domain);

    if (length >= 2 && domain[length - 1] == '.' && domain[length - 2] != '.')
        domain[length - 1] = '\0';
}

char *rewrite_address(struct arena *arena, enum rewrite_context context,
                      enum rewrite_routing routing, const char *address)
{
    address = without_route(address);
    if (*address == '\0' || context == REWRITE_NONE)
        return arena_strdup(arena, address);

    char *result = has_domain(routing, address)
                       ? arena_strdup(arena, address)
                       : with_domain(arena, context, routing, address);
    char *at = strrchr(result, '@');
    if (at == NULL)
        return result;
    size_t before = (size_t)(at - result) + 1;
    result = with_full_domain(arena, context, result, result + before);
    strip_trailing_dot(result + before);
    return result;
}
