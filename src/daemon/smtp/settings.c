/* SPDX-License-Identifier: ISC
 *
 * settings.c - tables, lists and addresses, opened at start.
 */
#include "settings.h"

#include <string.h>

#include "base/fatal.h"
#include "base/log.h"
#include "base/sock.h"
#include "base/text.h"
#include "dns/query.h"
#include "service/service.h"
#include "smtp/extensions.h"

/* Filled once by settings_open. */
static struct settings the_settings;

const struct settings *settings(void)
{
    return &the_settings;
}

/* ---- How hosts are found ------------------------------------------------ */

static void set_lookup_methods(struct settings *s)
{
    const char *level = smtp_params.smtp_dns_support_level;
    const char *options = smtp_params.smtp_dns_resolver_options;
    const char *lookup = smtp_params.smtp_host_lookup;
    bool disabled = *level != '\0' ? text_equal_nocase(level, "disabled")
                                   : smtp_params.disable_dns_lookups;

    s->use_dns = !disabled && text_lists_word_nocase(lookup, "dns");
    s->use_native = disabled || text_lists_word_nocase(lookup, "native");
    if (text_equal_nocase(level, "dnssec"))
        s->dns_flags |= DNS_WANT_SECURE;
    if (text_lists_word_nocase(options, "res_defnames"))
        s->dns_flags |= DNS_DEFNAMES;
    if (text_lists_word_nocase(options, "res_dnsrch"))
        s->dns_flags |= DNS_SEARCH;
}

static void set_protocols(struct settings *s)
{
    const char *protocols = common_params.inet_protocols;
    bool all = text_lists_word_nocase(protocols, "all");

    s->ipv4 = all || text_lists_word_nocase(protocols, "ipv4");
    s->ipv6 = all || text_lists_word_nocase(protocols, "ipv6");
}

/* ---- The address to send from ------------------------------------------- */

static bool parse_bind_address(const char *title, const char *text, int family,
                               struct addr *out)
{
    if (*text == '\0')
        return false;
    if (!addr_parse(text, 0, out) || addr_family(out) != family)
        fatal("%s: bad address \"%s\"", title, text);
    return true;
}

/* inet_interfaces has one address of this family, and it is no loopback one:
 * virtual hosting. */
static bool find_single_interface(const struct interfaces *own, int family,
                                  struct addr *out)
{
    const struct interface *found = NULL;

    for (size_t i = 0; i < own->count; i++) {
        if (addr_family(&own->items[i].addr) != family)
            continue;
        if (found != NULL)
            return false;
        found = &own->items[i];
    }
    if (found == NULL || addr_is_loopback(&found->addr))
        return false;
    *out = found->addr;
    return true;
}

static void set_bind_addresses(struct settings *s)
{
    struct interfaces own = { 0 };
    const char *selection = common_params.inet_interfaces;

    s->bind4 = parse_bind_address("smtp_bind_address",
                                  smtp_params.smtp_bind_address, AF_INET,
                                  &s->bind_address4);
    s->bind6 = parse_bind_address("smtp_bind_address6",
                                  smtp_params.smtp_bind_address6, AF_INET6,
                                  &s->bind_address6);
    if (text_lists_word_nocase(selection, "all") ||
        text_lists_word_nocase(selection, "loopback-only") ||
        !interfaces_list(selection, common_params.inet_protocols, &own, NULL))
        return;
    if (!s->bind4)
        s->bind4 = find_single_interface(&own, AF_INET, &s->bind_address4);
    if (!s->bind6)
        s->bind6 = find_single_interface(&own, AF_INET6, &s->bind_address6);
    ARRAY_FREE(&own);
}

/* ---- Tables ------------------------------------------------------------- */

static unsigned table_flags(void)
{
    return TABLE_FOLD | (common_params.smtputf8_enable ? TABLE_UTF8 : 0);
}

static struct maps *open_maps(const char *title, const char *list)
{
    return maps_open(title, list, table_flags());
}

static void open_tables(struct settings *s)
{
    const struct smtp_params *p = &smtp_params;

    s->generic = open_maps("smtp_generic_maps", p->smtp_generic_maps);
    s->reply_filter = maps_open("smtp_reply_filter", p->smtp_reply_filter, 0);
    s->discard_ehlo_maps =
        open_maps("smtp_discard_ehlo_keyword_address_maps",
                  p->smtp_discard_ehlo_keyword_address_maps);
    s->pix_maps = open_maps("smtp_pix_workaround_maps",
                            p->smtp_pix_workaround_maps);
    s->header_checks = open_maps("smtp_header_checks", p->smtp_header_checks);
    s->mime_header_checks =
        open_maps("smtp_mime_header_checks", p->smtp_mime_header_checks);
    s->nested_header_checks =
        open_maps("smtp_nested_header_checks", p->smtp_nested_header_checks);
    s->body_checks = open_maps("smtp_body_checks", p->smtp_body_checks);
    s->has_checks = !maps_is_empty(s->header_checks) ||
                    !maps_is_empty(s->mime_header_checks) ||
                    !maps_is_empty(s->nested_header_checks) ||
                    !maps_is_empty(s->body_checks);
    s->cache_destinations = match_list_open(
        "smtp_connection_cache_destinations",
        p->smtp_connection_cache_destinations, MATCH_DOMAIN, 0);
    s->debug_peers = match_list_open(
        "debug_peer_list", common_params.debug_peer_list, MATCH_HOST,
        text_lists_word_nocase(common_params.parent_domain_matches_subdomains,
                 "debug_peer_list")
            ? MATCH_PARENT
            : 0);
    s->srv_services = match_list_open("use_srv_lookup", p->use_srv_lookup,
                                      MATCH_STRING, 0);
}

static void set_generic(struct settings *s)
{
    s->generic_find = (struct find_options){
        .steps = FIND_DEFAULT,
        .delimiters = common_params.recipient_delimiter,
        .myorigin = common_params.myorigin,
        .is_local = local_domains_own,
        .context = s->local,
    };
    s->generic_extensions =
        text_lists_word_nocase(message_params.propagate_unmatched_extensions,
                               "generic");
}

unsigned settings_pix_parse(const char *title, const char *list)
{
    static const struct {
        const char *name;
        unsigned bit;
    } rows[] = { { "disable_esmtp", PIX_NO_ESMTP },
                 { "delay_dotcrlf", PIX_DELAY_DOT } };
    struct arena *arena = arena_new();
    unsigned bits = 0;

    for (char **words = text_split(arena, list, NULL, NULL); *words != NULL;
         words++) {
        unsigned bit = 0;
        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
            if (text_equal_nocase(*words, rows[i].name))
                bit = rows[i].bit;
        if (bit == 0)
            log_warning("%s: unknown PIX workaround \"%s\"", title, *words);
        bits |= bit;
    }
    arena_free(arena);
    return bits;
}

/* ---- The command in master.cf ------------------------------------------- */

static void read_arguments(struct settings *s)
{
    static const char letters[] = "DORX";

    for (char **word = service_arguments(); word != NULL && *word != NULL;
         word++) {
        if (!text_has_prefix_nocase(*word, "flags="))
            fatal("unknown attribute: %s", *word);
        for (const char *c = *word + strlen("flags="); *c != '\0'; c++) {
            const char *found = strchr(letters, *c);
            if (found == NULL)
                fatal("unknown flag: %c", *c);
            s->message_flags |= 1u << (found - letters);
        }
    }
}

/* What main.cf demands and this program cannot do: rather no mail than mail
 * without the protection that was asked for. */
static const char *find_refusal(void)
{
    const char *level = tls_client_params.smtp_tls_security_level;
    bool plain = *level == '\0' || text_equal_nocase(level, "none") ||
                 text_equal_nocase(level, "may");

    if (smtp_params.smtp_sasl_auth_enable)
        return "SASL authentication is required, but unavailable";
    if (!plain || tls_client_params.smtp_enforce_tls ||
        tls_client_params.smtp_tls_wrappermode ||
        *tls_client_params.smtp_tls_policy_maps != '\0' ||
        *tls_client_params.smtp_tls_per_site != '\0')
        return "TLS is required, but unavailable";
    return NULL;
}

static void set_notify(struct settings *s)
{
    const char *classes = notify_params.notify_classes;

    if (text_lists_word_nocase(classes, "protocol"))
        s->notify |= PROBLEM_PROTOCOL;
    if (text_lists_word_nocase(classes, "data"))
        s->notify |= PROBLEM_DATA;
}

void settings_open(void)
{
    struct settings *s = &the_settings;

    sock_limit_window(common_params.tcp_windowsize);
    s->is_lmtp = strcmp(service_program(), "lmtp") == 0;
    s->default_port = smtp_params.smtp_tcp_port;
    set_lookup_methods(s);
    set_protocols(s);
    set_bind_addresses(s);
    s->local = local_domains_open(
        common_params.myorigin, address_params.mydestination,
        common_params.inet_interfaces, common_params.proxy_interfaces,
        common_params.inet_protocols);
    open_tables(s);
    set_generic(s);
    s->discard_ehlo = smtp_extensions_parse(
        "smtp_discard_ehlo_keywords", smtp_params.smtp_discard_ehlo_keywords);
    s->pix_workarounds = settings_pix_parse("smtp_pix_workarounds",
                                            smtp_params.smtp_pix_workarounds);
    set_notify(s);
    read_arguments(s);
    s->refusal = find_refusal();
}
