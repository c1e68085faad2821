/* SPDX-License-Identifier: ISC
 *
 * resolve.c - a recipient to (transport, next hop, recipient).
 *
 * First local domains are stripped from addresses that carry routing in their
 * local part (user%domain@us), then the domain's class gives a transport and
 * a next hop, and transport_maps and relocated_maps have the last word.
 */
#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "base/text.h"
#include "base/utf8.h"
#include "config/params.h"
#include "mail/address.h"
#include "mail/dsn.h"
#include "mail/find.h"
#include "mail/quote.h"
#include "table/match_list.h"
#include "trivial_rewrite.h"

enum { STRIP_MAX = 100 }; /* local domains in one address */

struct resolver {
    struct resolver_options options;
    struct maps *transport_maps, *sender_relayhost_maps,
        *sender_transport_maps; /* owned */
};

static struct {
    struct local_domains *local;
    struct match_list *relay, *virtual_alias, *virtual_mailbox;
    struct maps *relocated;
} shared;

/* Subdomains belong to relay_domains only; whoever means them in another list
 * writes a pattern. */
void resolve_open(void)
{
    bool parents = text_lists_word_nocase(
        common_params.parent_domain_matches_subdomains, "relay_domains");

    shared.local = local_domains_open(
        common_params.myorigin, address_params.mydestination,
        common_params.inet_interfaces, common_params.proxy_interfaces,
        common_params.inet_protocols);
    shared.relay =
        match_list_open("relay_domains", address_params.relay_domains,
                        MATCH_DOMAIN, parents ? MATCH_PARENT : 0);
    shared.virtual_alias =
        match_list_open("virtual_alias_domains",
                        address_params.virtual_alias_domains, MATCH_STRING, 0);
    shared.virtual_mailbox = match_list_open(
        "virtual_mailbox_domains", address_params.virtual_mailbox_domains,
        MATCH_STRING, 0);
    shared.relocated = maps_open("relocated_maps",
                                 address_params.relocated_maps, TABLE_FOLD);
}

bool resolve_has_class(const char *domain)
{
    struct match_list *lists[] = { shared.relay, shared.virtual_alias,
                                   shared.virtual_mailbox };

    if (local_domains_have(shared.local, domain) == FOUND)
        return true;
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        if (match_list_has(lists[i], domain, NULL, NULL) == FOUND)
            return true;
    return false;
}

struct resolver *resolver_open(const struct resolver_options *options)
{
    struct resolver *resolver = mem_zalloc(sizeof *resolver);

    resolver->options = *options;
    resolver->transport_maps =
        maps_open("transport_maps", options->transport_maps,
                  TABLE_FOLD | TABLE_NO_REGSUB);
    resolver->sender_relayhost_maps =
        maps_open("sender_dependent_relayhost_maps",
                  options->sender_relayhost_maps,
                  TABLE_FOLD | TABLE_NO_REGSUB);
    resolver->sender_transport_maps =
        maps_open("sender_dependent_default_transport_maps",
                  options->sender_transport_maps,
                  TABLE_FOLD | TABLE_NO_REGSUB);
    return resolver;
}

static bool has_routing(const char *local)
{
    return strchr(local, '@') != NULL ||
           (rewrite_params.allow_percent_hack && strchr(local, '%') != NULL) ||
           (rewrite_params.swap_bangpath && strchr(local, '!') != NULL);
}

/* The recipient while it is being resolved. */
struct target {
    struct arena *arena;
    char *address;
    const char *domain;  /* inside address; "" if there is none */
    enum answer is_local;
};

static void find_domain(struct target *t)
{
    const char *domain = address_domain(t->address);
    t->domain = domain != NULL ? domain : "";
}

/* Without a domain, routing leads on as it does in a domain of ours. */
static enum answer leads_on(struct target *t)
{
    if (*t->domain != '\0')
        return local_domains_have(shared.local, t->domain);
    return has_routing(address_local(t->arena, t->address)) ? FOUND : ABSENT;
}

/* The next domain may take for routing what the settings here do not. */
static bool looks_routed(const char *local)
{
    return strpbrk(local, "@%!") != NULL;
}

/* The address inside of the local part, or NULL: without
 * resolve_dequoted_address, what needs quotes has none. */
static char *unwrapped(const struct target *t, const char *local)
{
    if (rewrite_params.resolve_dequoted_address)
        return rewrite_dequoted(t->arena, local);
    return *quote_822_dup(t->arena, t->address) == '"'
               ? NULL
               : rewrite_address(t->arena, REWRITE_LOCAL, local);
}

/* An address of ours whose local part has an address inside: unwrap it. False:
 * there are more than anyone needs, and what is inside of the last is not known
 * to be ours. */
static bool strip_local_domains(struct target *t)
{
    for (int i = 0; i < STRIP_MAX; i++) {
        find_domain(t);
        t->is_local = leads_on(t);
        if (t->is_local != FOUND)
            return true;
        char *local = address_local(t->arena, t->address);
        char *inner = has_routing(local) ? unwrapped(t, local) : NULL;
        if (inner == NULL)
            return true;
        t->address = inner;
    }
    return false;
}

static void complete(struct target *t, const char *address)
{
    if (*address == '\0')
        address = message_params.empty_address_recipient;
    t->address = rewrite_address(t->arena, REWRITE_LOCAL,
                                 quote_822_dup(t->arena, address));
    if (strrchr(t->address, '@') == NULL)
        t->address = arena_printf(t->arena, "%s@%s", t->address,
                                  common_params.myhostname);
}

/* Another domain in the place of what is no name of one. */
static void replace_domain(struct target *t, const char *domain)
{
    t->address = arena_printf(t->arena, "%.*s%s",
                              (int)(t->domain - t->address), t->address,
                              domain);
    find_domain(t);
    t->is_local = local_domains_have(shared.local, t->domain);
}

static bool domain_is_usable(struct target *t)
{
    if (t->domain[0] == '[')
        return domain_is_address_literal(t->domain);
    if (domain_is_literal_ipv4(t->domain) ||
        domain_is_literal_ipv6(t->domain)) {
        if (!rewrite_params.resolve_numeric_domain)
            return false;
        replace_domain(t, arena_printf(t->arena, "[%s]", t->domain));
        return true;
    }
    if (text_is_ascii(t->domain))
        return domain_is_hostname(t->domain);
    struct str ascii = STR_EMPTY;
    bool ok = common_params.smtputf8_enable &&
              utf8_domain_to_ascii(&ascii, t->domain) &&
              domain_is_hostname(ascii.data);
    str_fini(&ascii);
    return ok;
}

/* Programs that get it as an argument may be misled. */
static bool looks_like_option(const char *address)
{
    return *address == '-' && !rewrite_params.allow_min_user;
}

static struct find_options find_options(void)
{
    return (struct find_options) {
        .steps = FIND_DEFAULT,
        .delimiters = common_params.recipient_delimiter,
        .myorigin = common_params.myorigin,
        .is_local = local_domains_own,
        .context = shared.local,
    };
}

/* What a table has for this sender, <null_key> being that of bounces. ABSENT:
 * the parameter for all senders counts. */
static enum answer sender_entry(struct maps *maps, struct arena *arena,
                                const char *sender, const char *null_key,
                                struct str *value)
{
    struct find_options options = find_options();

    if (maps_is_empty(maps))
        return ABSENT;
    enum answer answer =
        find_address(maps, arena, *sender == '\0' ? null_key : sender,
                     &options, value, NULL);
    if (answer == FOUND && text_equal_nocase(value->data, "DUNNO"))
        return ABSENT;
    return answer;
}

struct route {
    const char *transport, *nexthop;
};

/* A next hop that the transport has counts more, but the table is asked in any
 * case: mail waits until it can be. */
static bool relayhost_for(struct resolver *resolver, struct target *t,
                          const char *sender, struct route *route)
{
    struct str value = STR_EMPTY;
    const char *relayhost = t->domain;
    enum answer answer = sender_entry(
        resolver->sender_relayhost_maps, t->arena, sender,
        rewrite_params.empty_address_relayhost_maps_lookup_key, &value);

    if (answer == FOUND)
        relayhost = arena_strdup(t->arena, value.data);
    else if (answer == ABSENT && *resolver->options.relayhost != '\0')
        relayhost = resolver->options.relayhost;
    if (*route->nexthop == '\0')
        route->nexthop = relayhost;
    str_fini(&value);
    return answer != FAILED;
}

static bool default_route(struct resolver *resolver, struct target *t,
                          const char *sender, struct route *route)
{
    struct str value = STR_EMPTY;
    enum answer answer = sender_entry(
        resolver->sender_transport_maps, t->arena, sender,
        rewrite_params.empty_address_default_transport_maps_lookup_key,
        &value);
    const char *entry = answer == FOUND ? arena_strdup(t->arena, value.data)
                                        : resolver->options.default_transport;

    str_fini(&value);
    transport_split(t->arena, entry, &route->transport, &route->nexthop);
    if (*route->transport == '\0') {
        const char *ignored;
        transport_split(t->arena, resolver->options.default_transport,
                        &route->transport, &ignored);
    }
    return answer != FAILED && relayhost_for(resolver, t, sender, route);
}

/* Says it once per lookup; one of the two lists must go. */
static void warn_both(const char *domain, const char *one, const char *other)
{
    if (common_params.helpful_warnings)
        log_warning("do not list domain %s in BOTH %s and %s", domain, one,
                    other);
}

static bool local_route(struct resolver *resolver, struct target *t,
                        struct resolve_reply *reply, struct route *route)
{
    transport_split(t->arena, resolver->options.local_transport,
                    &route->transport, &route->nexthop);
    if (*route->nexthop == '\0')
        route->nexthop = t->domain;
    reply->flags |= RESOLVE_CLASS_LOCAL;
    if (match_list_has(shared.virtual_alias, t->domain, NULL, NULL) == FOUND)
        warn_both(t->domain, "mydestination", "virtual_alias_domains");
    if (match_list_has(shared.virtual_mailbox, t->domain, NULL, NULL) == FOUND)
        warn_both(t->domain, "mydestination", "virtual_mailbox_domains");
    return true;
}

static void alias_route(struct target *t, struct resolve_reply *reply,
                        struct route *route)
{
    route->transport = common_params.error_service_name;
    route->nexthop = arena_printf(
        t->arena, "5.1.1 User unknown%s",
        address_params.show_user_unknown_table_name
            ? " in virtual alias table"
            : "");
    reply->flags |= RESOLVE_CLASS_ALIAS;
    if (match_list_has(shared.virtual_mailbox, t->domain, NULL, NULL) == FOUND)
        warn_both(t->domain, "virtual_alias_domains",
                  "virtual_mailbox_domains");
    if (match_list_has(shared.relay, t->domain, NULL, NULL) == FOUND)
        warn_both(t->domain, "virtual_alias_domains", "relay_domains");
}

static void virtual_route(struct resolver *resolver, struct target *t,
                          struct resolve_reply *reply, struct route *route)
{
    transport_split(t->arena, resolver->options.virtual_transport,
                    &route->transport, &route->nexthop);
    if (*route->nexthop == '\0')
        route->nexthop = t->domain;
    reply->flags |= RESOLVE_CLASS_VIRTUAL;
    if (match_list_has(shared.relay, t->domain, NULL, NULL) == FOUND)
        warn_both(t->domain, "virtual_mailbox_domains", "relay_domains");
}

static bool relay_route(struct resolver *resolver, struct target *t,
                        const char *sender, struct resolve_reply *reply,
                        struct route *route)
{
    transport_split(t->arena, resolver->options.relay_transport,
                    &route->transport, &route->nexthop);
    reply->flags |= RESOLVE_CLASS_RELAY;
    return relayhost_for(resolver, t, sender, route);
}

/* The route by the class of the domain. False: a lookup failed. */
static bool class_route(struct resolver *resolver, struct target *t,
                        const char *sender, struct resolve_reply *reply,
                        struct route *route)
{
    if (t->is_local == FAILED)
        return false;
    if (t->is_local == FOUND)
        return local_route(resolver, t, reply, route);

    enum answer listed =
        match_list_has(shared.virtual_alias, t->domain, NULL, NULL);
    if (listed == FOUND)
        alias_route(t, reply, route);
    if (listed != ABSENT)
        return listed == FOUND;

    listed = match_list_has(shared.virtual_mailbox, t->domain, NULL, NULL);
    if (listed == FOUND)
        virtual_route(resolver, t, reply, route);
    if (listed != ABSENT)
        return listed == FOUND;

    listed = match_list_has(shared.relay, t->domain, NULL, NULL);
    if (listed == FOUND)
        return relay_route(resolver, t, sender, reply, route);
    if (listed == FAILED)
        return false;
    reply->flags |= RESOLVE_CLASS_DEFAULT;
    return default_route(resolver, t, sender, route);
}

/* What the sender is told: where the recipient is now, or with
 * relocated_prefix_enable = no the result itself, "5.2.1 Mailbox disabled". */
static const char *relocated_text(struct arena *arena, const char *result)
{
    size_t status = dsn_status_length(result);

    if (rewrite_params.relocated_prefix_enable)
        return arena_printf(arena, "5.1.6 User has moved to %s", result);
    if (status > 0 && (result[0] == '4' || result[0] == '5') &&
        text_is_space(result[status]))
        return arena_strdup(arena, result);
    log_warning("relocated_maps result must contain RFC 3463 status and "
                "text: '%s'",
                result);
    return "5.2.0 Mailbox is unavailable";
}

/* relocated(5): the recipient has moved, and bounces with the new address. */
static enum answer relocated(struct target *t, struct route *route)
{
    struct find_options options = find_options();
    struct str value = STR_EMPTY;

    if (maps_is_empty(shared.relocated))
        return ABSENT;
    enum answer answer = find_address(shared.relocated, t->arena, t->address,
                                      &options, &value, NULL);
    if (answer == FOUND) {
        route->transport = common_params.error_service_name;
        route->nexthop = relocated_text(t->arena, value.data);
    }
    str_fini(&value);
    return answer;
}

void resolver_resolve(struct resolver *resolver, struct arena *arena,
                      const char *sender, const char *address,
                      struct resolve_reply *reply)
{
    struct target t = { .arena = arena };
    struct route route = { "", "" };

    complete(&t, address);
    bool unwrapped_all = strip_local_domains(&t);
    if (*t.domain == '\0' && rewrite_params.resolve_null_domain)
        replace_domain(&t, common_params.myhostname);
    *reply = (struct resolve_reply){ .transport = "", .nexthop = "",
                                     .recipient = t.address };
    if (looks_routed(address_local(arena, t.address)))
        reply->flags |= RESOLVE_ROUTED;
    if (!unwrapped_all || (t.is_local == ABSENT && !domain_is_usable(&t)) ||
        looks_like_option(t.address)) {
        reply->flags |= RESOLVE_BAD | RESOLVE_CLASS_DEFAULT;
        return;
    }
    reply->recipient = t.address;

    bool ok = class_route(resolver, &t, sender, reply, &route);
    if (ok && !(reply->flags & RESOLVE_CLASS_ALIAS))
        ok = transport_map_get(resolver->transport_maps, arena, t.address,
                               t.domain, &route.transport,
                               &route.nexthop) != FAILED;
    if (ok)
        ok = relocated(&t, &route) != FAILED;
    if (!ok) {
        reply->flags |= RESOLVE_FAILED;
        return;
    }
    reply->transport = route.transport;
    reply->nexthop = route.nexthop;
}
