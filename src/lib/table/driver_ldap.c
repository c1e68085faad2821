/* SPDX-License-Identifier: ISC
 *
 * driver_ldap.c - ldap:/file.cf, lookups in a directory.
 */

#include <ldap.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "base/utf8.h"
#include "config.h"
#include "ldap_private.h"

LIBRARY_DEFINE(ldap_library, LIBRARY_LDAP, LDAP_FUNCTIONS)

#define MEMBER(type, name, member, fallback, min) \
    { name, type, offsetof(struct ldap_table, member), fallback, min, 0 }
#define TEXT(name, member, fallback) \
    MEMBER(SETTING_TEXT, name, member, fallback, 0)
#define NUMBER(name, member, fallback, min) \
    MEMBER(SETTING_INT, name, member, fallback, min)
#define BOOL(name, member) MEMBER(SETTING_BOOL, name, member, "no", 0)

static const struct setting settings[] = {
    TEXT("server_host", hosts, "localhost"),
    NUMBER("server_port", port, "389", 0),
    NUMBER("version", version, "2", 2),
    NUMBER("timeout", timeout, "10", 0),
    TEXT("search_base", search_base, ""),
    TEXT("query_filter", query_filter, "(mailacceptinggeneralid=%s)"),
    TEXT("result_format", result_format, NULL),
    MEMBER(SETTING_TEXT, "result_filter", result_filter, "%s", 1),
    TEXT("domain", domain, ""),
    TEXT("terminal_result_attribute", list_texts[LDAP_TERMINAL], ""),
    TEXT("leaf_result_attribute", list_texts[LDAP_LEAF], ""),
    TEXT("special_result_attribute", list_texts[LDAP_SPECIAL], ""),
    TEXT("result_attribute", list_texts[LDAP_RESULT], "maildrop"),
    TEXT("scope", scope, "sub"),
    TEXT("bind", bind, "yes"),
    TEXT("bind_dn", bind_dn, ""),
    TEXT("bind_pw", bind_password, ""),
    TEXT("sasl_mechs", sasl_mechanisms, ""),
    TEXT("sasl_realm", sasl_realm, ""),
    TEXT("sasl_authz_id", sasl_authorization, ""),
    { "sasl_minssf", SETTING_INT, offsetof(struct ldap_table, sasl_min_ssf),
      "0", 0, 4096 },
    NUMBER("recursion_limit", recursion_limit, "1000", 1),
    NUMBER("expansion_limit", expansion_limit, "0", 0),
    TEXT("size_limit", size_limit_text, NULL),
    NUMBER("dereference", dereference, "0", 0),
    NUMBER("debuglevel", debug_level, "0", 0),
    BOOL("chase_referrals", chase_referrals),
    BOOL("start_tls", start_tls),
    BOOL("tls_require_cert", tls_require_cert),
    TEXT("tls_ca_cert_dir", tls_ca_dir, ""),
    TEXT("tls_ca_cert_file", tls_ca_file, ""),
    TEXT("tls_cert", tls_cert, ""),
    TEXT("tls_key", tls_key, ""),
    TEXT("tls_random_file", tls_random_file, ""),
    TEXT("tls_cipher_suite", tls_ciphers, ""),
};

static const struct setting size_limit_setting =
    NUMBER("size_limit", size_limit, "0", 0);

/* ---- Settings ---- */

/* "host", "host:port" and URLs become URLs. */
static bool set_urls(struct ldap_table *t, struct error *why)
{
    struct arena *arena = settings_arena(t->settings);
    char **names = text_split(arena, t->hosts, NULL, NULL);
    struct str urls = STR_EMPTY;

    for (; *names != NULL; names++) {
        str_add(&urls, urls.length > 0 ? " " : "");
        if (strstr(*names, "://") != NULL)
            str_add(&urls, *names);
        else if (strrchr(*names, ':') > strrchr(*names, ']') ||
                 t->port == 0)
            str_addf(&urls, "ldap://%s", *names);
        else
            str_addf(&urls, "ldap://%s:%ld", *names, t->port);
        if (ldap_library.ldap_is_ldap_url(strrchr(urls.data, ' ') != NULL
                                              ? strrchr(urls.data, ' ') + 1
                                              : urls.data))
            continue;
        str_fini(&urls);
        return error_set(why, "%s: error parsing URL %s", t->table, *names);
    }
    t->urls = str_steal(&urls);
    return *t->urls != 0 || settings_missing(t->settings, "server_host", why);
}

static bool set_scope(struct ldap_table *t)
{
    static const struct {
        const char *word;
        int scope;
    } scopes[] = { { "one", LDAP_SCOPE_ONELEVEL },
                   { "base", LDAP_SCOPE_BASE },
                   { "sub", LDAP_SCOPE_SUBTREE } };

    t->scope_number = LDAP_SCOPE_SUBTREE;
    for (size_t i = 0; i < sizeof(scopes) / sizeof(scopes[0]); i++)
        if (text_equal_nocase(t->scope, scopes[i].word)) {
            t->scope_number = scopes[i].scope;
            return true;
        }
    log_warning("%s: Unrecognized value %s specified for scope; using sub",
                t->table, t->scope);
    return true;
}

static bool set_bind(struct ldap_table *t, struct error *why)
{
    static const struct {
        const char *word;
        bool binds, sasl;
    } words[] = { { "yes", true, false },   { "simple", true, false },
                  { "no", false, false },   { "none", false, false },
                  { "sasl", true, true } };

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (text_equal_nocase(t->bind, words[i].word)) {
            t->binds = words[i].binds;
            t->sasl = words[i].sasl;
            return !t->sasl || ldap_sasl_is_there(t, why);
        }
    return error_set(why, "%s: unsupported parameter value: bind = %s",
                     t->table, t->bind);
}

/* URLs with TLS or a local socket, and STARTTLS, came with version 3. */
static bool set_version(struct ldap_table *t)
{
    bool needs_3 = t->start_tls || t->sasl ||
                   strstr(t->urls, "ldaps:") != NULL ||
                   strstr(t->urls, "ldapi:") != NULL;

    if (t->version != 2 && t->version != 3) {
        log_warning("%s: Unknown version %ld, using 3.", t->table, t->version);
        t->version = 3;
    }
    if (needs_3 && t->version < 3) {
        log_warning("%s: %s requires protocol version 3", t->table,
                    t->start_tls ? "start_tls"
                    : t->sasl    ? "bind = sasl"
                                 : "this kind of server_host");
        t->version = 3;
    }
    if (t->dereference < 0 || t->dereference > 3) {
        log_warning("%s: Unrecognized value %ld specified for dereference; "
                    "using 0",
                    t->table, t->dereference);
        t->dereference = 0;
    }
    return true;
}

static bool set_attributes(struct ldap_table *t)
{
    struct arena *arena = settings_arena(t->settings);
    size_t counts[LDAP_UNWANTED];
    size_t total = 0;

    for (int kind = 0; kind < LDAP_UNWANTED; kind++) {
        t->lists[kind] =
            text_split(arena, t->list_texts[kind], NULL, &counts[kind]);
        total += counts[kind];
    }
    t->wanted = arena_array(arena, total + 1, sizeof(char *));
    total = 0;
    for (int kind = 0; kind < LDAP_UNWANTED; kind++)
        for (size_t i = 0; i < counts[kind]; i++)
            t->wanted[total++] = t->lists[kind][i];
    t->wanted[total] = NULL;
    return true;
}

static void warn_of_old_settings(struct ldap_table *t)
{
    static const char *const names[] = { "cache", "cache_expiry",
                                         "cache_size" };

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (settings_get(t->settings, names[i]) != NULL)
            log_warning("%s: ignoring %s", t->table, names[i]);
}

static bool set_rules(struct ldap_table *t, const char *source,
                      struct error *why)
{
    struct template_needs base = { 0 };

    t->rules = (struct template_rules){
        .table = t->table,
        .source = source,
        .result_format = t->result_format != NULL ? t->result_format
                                                  : t->result_filter,
        .domain = t->domain,
        .expansion_limit = t->expansion_limit,
    };
    if (!template_check(t->search_base, false, source, "query", &base, why) ||
        !template_check(t->query_filter, false, source, "query",
                        &t->rules.needs, why))
        return false;
    if (!t->rules.needs.any && !base.any)
        log_warning("%s: Fixed query_filter %s is probably useless", t->table,
                    t->query_filter);
    t->base_has_key = base.any;
    return template_check(t->search_base, false, source, "query",
                          &t->rules.needs, why) &&
           template_rules_init(&t->rules, why);
}

static bool set_size_limit(struct ldap_table *t, struct error *why)
{
    t->size_limit = t->expansion_limit;
    return t->size_limit_text == NULL ||
           settings_load(t->settings, &size_limit_setting, 1, t, why);
}

static void ldap_table_close(void *instance)
{
    struct ldap_table *t = instance;

    ldap_table_disconnect(t);
    template_rules_fini(&t->rules);
    settings_close(t->settings);
    free(t->urls);
    free(t->table);
    free(t);
}

static void *ldap_table_open(const char *name,
                             const struct table_options *options,
                             struct error *why)
{
    if (options->mode != TABLE_READ) {
        error_set(why, "ldap:%s map requires O_RDONLY access mode", name);
        return NULL;
    }
    if (!ldap_library_load(why))
        return NULL;
    /* The library writes to connections that the server has closed. Daemons
     * live with that already, commands do with the first such table. */
    signal(SIGPIPE, SIG_IGN);
    struct ldap_table *t = mem_zalloc(sizeof(*t));
    t->table = mem_printf("ldap:%s", name);
    t->settings = table_settings_open(name, why);
    if (t->settings != NULL &&
        settings_load(t->settings, settings,
                      sizeof(settings) / sizeof(settings[0]), t, why) &&
        set_size_limit(t, why) && set_urls(t, why) && set_bind(t, why) &&
        set_scope(t) && set_version(t) && set_attributes(t) &&
        set_rules(t, name, why)) {
        warn_of_old_settings(t);
        return t;
    }
    ldap_table_close(t);
    return NULL;
}

static unsigned ldap_table_can(void *instance)
{
    const struct ldap_table *t = instance;

    return TABLE_CAN_WAIT | (t->rules.needs.partial ? TABLE_IS_PATTERN : 0);
}

static enum table_trust ldap_table_owner(void *instance, uid_t *owner)
{
    const struct ldap_table *t = instance;

    return settings_owner(t->settings, owner);
}

/* ---- Lookups ---- */

static void run_search(void *argument)
{
    struct template_search *s = argument;

    s->good = ldap_table_search(s->table, s->key, &s->values, &s->warnings);
}

static enum answer ldap_table_get(void *instance, const char *key,
                                  struct str *value, struct error *why)
{
    struct ldap_table *t = instance;

    /* Directories know no other text. */
    if (!utf8_is_valid(key, strlen(key)))
        return ABSENT;
    return template_search(&t->rules, run_search, t, key, value, why);
}

const struct table_driver driver_ldap = {
    .type = "ldap",
    .can = TABLE_CAN_WAIT | TABLE_ASKS_SERVER | TABLE_HAS_SETTINGS,
    .open = ldap_table_open,
    .get = ldap_table_get,
    .instance_can = ldap_table_can,
    .owner = ldap_table_owner,
    .close = ldap_table_close,
};
