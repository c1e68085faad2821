/* SPDX-License-Identifier: ISC
 *
 * settings.c - tables, lists and restriction lists, opened at start.
 */
#include "settings.h"

#include <stdlib.h>
#include <string.h>

#include "base/fatal.h"
#include "base/log.h"
#include "base/text.h"
#include "notify.h"
#include "old_defaults.h"
#include "service/service.h"
#include "smtp/extensions.h"

/* Filled once by settings_open. */
static struct settings the_settings;
static bool has_access_controls;

const struct settings *settings(void)
{
    return &the_settings;
}

/* ---- restriction lists ---- */

char **settings_words(struct arena *arena, const char *text)
{
    struct { ARRAY_OF(char *); } words = ARRAY_EMPTY;
    char *cursor = arena_strdup(arena, text);
    char *word;

    while ((word = text_token_braced(&cursor, LIST_SEPARATORS, false)) != NULL)
        ARRAY_ADD(&words, word);
    ARRAY_ADD(&words, NULL);
    char **result = arena_memdup(arena, words.items,
                                 words.count * sizeof *words.items);
    ARRAY_FREE(&words);
    return result;
}

/* A word with a ':' is a table, unless it names a server. */
static void open_tables_in(char *const *words)
{
    for (size_t i = 0; words[i] != NULL; i++) {
        bool is_server = i > 0 && text_equal_nocase(words[i - 1],
                                                    "check_policy_service");
        if (!has_access_controls || is_server ||
            strchr(words[i], ':') == NULL ||
            hash_has(the_settings.tables, words[i]))
            continue;
        hash_put(the_settings.tables, words[i],
                 maps_open("smtpd access table", words[i],
                           TABLE_FOLD |
                               (common_params.smtputf8_enable ? TABLE_UTF8
                                                              : 0)));
    }
}

static void open_list(struct arena *arena, struct restriction_list *list,
                      const char *parameter, const char *text)
{
    list->parameter = parameter;
    list->words = settings_words(arena, text);
    open_tables_in(list->words);
}

static void open_classes(struct arena *arena)
{
    char **names =
        settings_words(arena, smtpd_params.smtpd_restriction_classes);

    the_settings.classes = hash_new();
    for (; *names != NULL; names++) {
        const char *text = config_get(service_config(), *names);
        if (text == NULL) {
            log_warning("smtpd_restriction_classes: class \"%s\" has no "
                        "definition",
                        *names);
            continue;
        }
        char **words = settings_words(arena, text);
        open_tables_in(words);
        hash_put(the_settings.classes, *names, words);
    }
}

#define OPEN_LIST(member, parameter) \
    open_list(arena, &the_settings.member, #parameter, smtpd_params.parameter)

static void open_lists(struct arena *arena)
{
    OPEN_LIST(client, smtpd_client_restrictions);
    OPEN_LIST(helo, smtpd_helo_restrictions);
    OPEN_LIST(sender, smtpd_sender_restrictions);
    OPEN_LIST(relay, smtpd_relay_restrictions);
    OPEN_LIST(recipient, smtpd_recipient_restrictions);
    OPEN_LIST(data, smtpd_data_restrictions);
    OPEN_LIST(end_of_data, smtpd_end_of_data_restrictions);
    OPEN_LIST(etrn, smtpd_etrn_restrictions);
    OPEN_LIST(local_rewrite, local_header_rewrite_clients);
}

/* An open relay by mistake must not start. What stands behind "permit" is
 * never reached. */
static bool stops_relaying(char *const *words, int depth)
{
    static const char *const stoppers[] = {
        "reject_unauth_destination", "defer_unauth_destination", "reject",
        "defer", "defer_if_permit", "check_relay_domains",
    };

    for (; *words != NULL && depth < LISTS_IN_LISTS_MAX &&
           !text_equal_nocase(*words, "permit");
         words++) {
        for (size_t i = 0; i < sizeof stoppers / sizeof *stoppers; i++)
            if (text_equal_nocase(*words, stoppers[i]))
                return true;
        char *const *inner = hash_get(the_settings.classes, *words);
        if (inner != NULL && stops_relaying(inner, depth + 1))
            return true;
    }
    return false;
}

static void check_relay_control(void)
{
    if (stops_relaying(the_settings.relay.words, 0) ||
        stops_relaying(the_settings.recipient.words, 0))
        return;
    fatal("in parameter smtpd_relay_restrictions or "
          "smtpd_recipient_restrictions, specify at least one working "
          "instance of: reject_unauth_destination, "
          "defer_unauth_destination, reject, defer, defer_if_permit or "
          "check_relay_domains");
}

/* ---- tables and lists of hosts ---- */

/* Does "domain" match its subdomains for this user of a list? */
static bool parents_match(const char *user)
{
    return text_lists_word_nocase(
        common_params.parent_domain_matches_subdomains, user);
}

static struct match_list *open_hosts(const char *parameter, const char *text)
{
    return match_list_open(parameter, text, MATCH_HOST,
                           parents_match(parameter) ? MATCH_PARENT : 0);
}

#define OPEN_HOSTS(parameter) open_hosts(#parameter, smtpd_params.parameter)
#define OPEN_WORDS(parameter) \
    match_list_open(#parameter, smtpd_params.parameter, MATCH_STRING, 0)
#define OPEN_MAPS(group, parameter) \
    maps_open(#parameter, group##_params.parameter, flags)

static const char *for_access(const char *text)
{
    return has_access_controls ? text : "";
}

#define OPEN_ACCESS_MAPS(group, parameter) \
    maps_open(#parameter, for_access(group##_params.parameter), flags)

static void open_access_maps(unsigned flags)
{
    struct settings *s = &the_settings;

    s->relay_domains = match_list_open(
        "relay_domains", for_access(address_params.relay_domains),
        MATCH_DOMAIN, parents_match("relay_domains") ? MATCH_PARENT : 0);
    s->local_recipients = OPEN_ACCESS_MAPS(address, local_recipient_maps);
    s->relay_recipients = OPEN_ACCESS_MAPS(address, relay_recipient_maps);
    s->virtual_mailboxes = OPEN_ACCESS_MAPS(address, virtual_mailbox_maps);
    s->virtual_aliases = OPEN_ACCESS_MAPS(address, virtual_alias_maps);
    s->canonical = OPEN_ACCESS_MAPS(address, canonical_maps);
    s->recipient_canonical =
        OPEN_ACCESS_MAPS(address, recipient_canonical_maps);
    s->sender_canonical = OPEN_ACCESS_MAPS(address, sender_canonical_maps);
    s->rbl_replies = OPEN_ACCESS_MAPS(smtpd, rbl_reply_maps);
    s->sender_login = OPEN_ACCESS_MAPS(smtpd, smtpd_sender_login_maps);
}

static void open_tables(void)
{
    struct settings *s = &the_settings;
    unsigned utf8 = common_params.smtputf8_enable ? TABLE_UTF8 : 0;
    unsigned flags = TABLE_FOLD | utf8;

    s->mynetworks = open_hosts("mynetworks", common_params.mynetworks);
    s->debug_peers =
        open_hosts("debug_peer_list", common_params.debug_peer_list);
    s->bare_newline_exclusions =
        OPEN_HOSTS(smtpd_forbid_bare_newline_exclusions);
    s->limit_exceptions = OPEN_HOSTS(smtpd_client_event_limit_exceptions);
    s->verp_clients = OPEN_HOSTS(smtpd_authorized_verp_clients);
    s->xforward_hosts = OPEN_HOSTS(smtpd_authorized_xforward_hosts);
    s->backup_networks = OPEN_HOSTS(permit_mx_backup_networks);
    s->forbidden_commands = OPEN_WORDS(smtpd_forbidden_commands);
    s->permit_actions = OPEN_WORDS(smtpd_log_access_permit_actions);
    s->noop_commands = OPEN_WORDS(smtpd_noop_commands);
    open_access_maps(flags);
    s->discard_ehlo_maps =
        OPEN_MAPS(smtpd, smtpd_discard_ehlo_keyword_address_maps);
    flags = utf8;
    s->command_filter = OPEN_MAPS(smtpd, smtpd_command_filter);
    s->reject_filter = OPEN_MAPS(smtpd, smtpd_reject_filter_maps);
    s->footer = OPEN_MAPS(smtpd, smtpd_reject_footer_maps);
}

/* ---- words ---- */

static const struct {
    const char *word;
    enum bare_lf policy;
} bare_lf_words[] = {
    { "no", BARE_LF_ALLOW },
    { "normalize", BARE_LF_NORMALIZE },
    { "yes", BARE_LF_NORMALIZE },
    { "note", BARE_LF_NOTE },
    { "reject", BARE_LF_REJECT },
};

static enum bare_lf bare_lf_policy(const char *text)
{
    for (size_t i = 0; i < sizeof bare_lf_words / sizeof *bare_lf_words; i++)
        if (text_equal_nocase(bare_lf_words[i].word, text))
            return bare_lf_words[i].policy;
    return BARE_LF_NORMALIZE;
}

static const struct {
    const char *word;
    unsigned bit;
} override_words[] = {
    { "no_unknown_recipient_checks", OVERRIDE_UNKNOWN_RECIPIENT },
    { "no_address_mappings", OVERRIDE_MAPPINGS },
    { "no_header_body_checks", OVERRIDE_CHECKS },
    { "no_milters", OVERRIDE_MILTERS },
};

static unsigned parse_overrides(struct arena *arena)
{
    char **words = settings_words(arena,
                                  message_params.receive_override_options);
    unsigned bits = 0;

    for (; *words != NULL; words++) {
        unsigned bit = 0;
        for (size_t i = 0; i < sizeof override_words / sizeof *override_words;
             i++)
            if (text_equal_nocase(override_words[i].word, *words))
                bit = override_words[i].bit;
        if (bit == 0)
            fatal("receive_override_options: unknown value \"%s\"", *words);
        bits |= bit;
    }
    return bits;
}

static void open_interfaces(void)
{
    struct error why = ERROR_NONE;

    if (!interfaces_list(common_params.inet_interfaces,
                         common_params.inet_protocols,
                         &the_settings.interfaces, &why))
        fatal("%s", why.text);
    the_settings.own = local_domains_open(
        common_params.myorigin, address_params.mydestination,
        common_params.inet_interfaces,
        common_params.proxy_interfaces, common_params.inet_protocols);
}

void settings_open(bool with_access_controls)
{
    struct settings *s = &the_settings;
    struct arena *arena = s->arena = arena_new();

    has_access_controls = with_access_controls;
    s->tables = hash_new();
    open_classes(arena);
    open_lists(arena);
    check_relay_control();
    open_tables();
    old_defaults_open();
    open_interfaces();
    s->discard_ehlo = smtp_extensions_parse(
        "smtpd_discard_ehlo_keywords",
        smtpd_params.smtpd_discard_ehlo_keywords);
    s->overrides = parse_overrides(arena);
    s->bare_lf = bare_lf_policy(smtpd_params.smtpd_forbid_bare_newline);
    s->expansion_filter =
        text_unescape(arena, smtpd_params.smtpd_expansion_filter);
    s->access_parents = parents_match("smtpd_access_maps");
    s->fail_closed =
        text_equal_nocase(tls_server_params.smtpd_tls_security_level,
                          "encrypt") ||
        tls_server_params.smtpd_enforce_tls;
}
