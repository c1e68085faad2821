/* SPDX-License-Identifier: ISC
 *
 * ldap_connection.c - the way of an ldap table to its server.
 */

#include <ldap.h>
#include <string.h>
#include <sys/time.h>

#include "ldap_private.h"

static bool warn(const struct ldap_table *t, struct str *warnings,
                 const char *what, int result)
{
    str_addf(warnings, "%s: Unable to %s: %d: %s\n", t->table, what, result,
             ldap_library.ldap_err2string(result));
    return false;
}

/* ---- Options ---- */

static bool set(struct ldap_table *t, int option, const void *value,
                const char *what, struct str *warnings)
{
    int result = ldap_library.ldap_set_option(t->connection, option, value);

    return result == LDAP_OPT_SUCCESS || warn(t, warnings, what, result);
}

static bool set_text(struct ldap_table *t, int option, const char *value,
                     const char *what, struct str *warnings)
{
    return *value == 0 || set(t, option, value, what, warnings);
}

static bool set_limits(struct ldap_table *t, struct str *warnings)
{
    struct timeval limit = { .tv_sec = t->timeout };
    int version = (int)t->version;
    int size = (int)t->size_limit;
    int dereference = (int)t->dereference;
    int debug = (int)t->debug_level;
    int result = ldap_limits_install(t);

    if (result != LDAP_OPT_SUCCESS)
        return warn(t, warnings, "set limits", result);
    if (debug > 0)
        ldap_library.ldap_set_option(NULL, LDAP_OPT_DEBUG_LEVEL, &debug);
    return (t->timeout == 0 ||
            (set(t, LDAP_OPT_NETWORK_TIMEOUT, &limit, "set network timeout",
                 warnings) &&
             set(t, LDAP_OPT_TIMEOUT, &limit, "set timeout", warnings))) &&
           set(t, LDAP_OPT_PROTOCOL_VERSION, &version,
               "set LDAP protocol version", warnings) &&
           (size == 0 || set(t, LDAP_OPT_SIZELIMIT, &size,
                             "set query result size limit", warnings)) &&
           set(t, LDAP_OPT_DEREF, &dereference, "set dereference option",
               warnings) &&
           set(t, LDAP_OPT_REFERRALS,
               t->chase_referrals ? ldap_library.ber_pvt_opt_on : LDAP_OPT_OFF,
               "set Referral chasing", warnings);
}

static bool set_tls(struct ldap_table *t, struct str *warnings)
{
    int require =
        t->tls_require_cert ? LDAP_OPT_X_TLS_DEMAND : LDAP_OPT_X_TLS_NEVER;
    int client = 0;

    if (!t->start_tls && strstr(t->urls, "ldaps:") == NULL)
        return true;
    /* The new context last: it takes what was set before. */
    return set_text(t, LDAP_OPT_X_TLS_RANDOM_FILE, t->tls_random_file,
                    "set tls_random_file", warnings) &&
           set_text(t, LDAP_OPT_X_TLS_CACERTFILE, t->tls_ca_file,
                    "set tls_ca_cert_file", warnings) &&
           set_text(t, LDAP_OPT_X_TLS_CACERTDIR, t->tls_ca_dir,
                    "set tls_ca_cert_dir", warnings) &&
           set_text(t, LDAP_OPT_X_TLS_CERTFILE, t->tls_cert, "set tls_cert",
                    warnings) &&
           set_text(t, LDAP_OPT_X_TLS_KEYFILE, t->tls_key, "set tls_key",
                    warnings) &&
           set_text(t, LDAP_OPT_X_TLS_CIPHER_SUITE, t->tls_ciphers,
                    "set tls_cipher_suite", warnings) &&
           set(t, LDAP_OPT_X_TLS_REQUIRE_CERT, &require,
               "set tls_require_cert", warnings) &&
           set(t, LDAP_OPT_X_TLS_NEWCTX, &client, "allocate new TLS context",
               warnings);
}

/* ---- Connect and bind ---- */

static int bind_simple(struct ldap_table *t)
{
    struct berval password = { .bv_len = strlen(t->bind_password),
                               .bv_val = (char *)(uintptr_t)t->bind_password };
    struct timeval limit = { .tv_sec = t->timeout };
    LDAPMessage *reply = NULL;
    int id, code;

    int result =
        ldap_library.ldap_sasl_bind(t->connection, t->bind_dn, LDAP_SASL_SIMPLE,
                                    &password, NULL, NULL, &id);
    if (result != LDAP_SUCCESS)
        return result;
    result = ldap_library.ldap_result(t->connection, id, LDAP_MSG_ALL,
                                      t->timeout > 0 ? &limit : NULL, &reply);
    if (result == 0) {
        ldap_library.ldap_abandon_ext(t->connection, id, NULL, NULL);
        return LDAP_TIMEOUT;
    }
    if (result < 0) {
        ldap_library.ldap_get_option(t->connection, LDAP_OPT_RESULT_CODE,
                                     &code);
        return code;
    }
    result = ldap_library.ldap_parse_result(t->connection, reply, &code, NULL,
                                            NULL, NULL, NULL, 1);
    return result != LDAP_SUCCESS ? result : code;
}

static bool bind_as_set(struct ldap_table *t, struct str *warnings)
{
    if (!t->binds)
        return true;
    ldap_limits_renew(t);
    int result = t->sasl ? ldap_table_bind_sasl(t) : bind_simple(t);
    if (result == LDAP_SUCCESS)
        return true;
    str_addf(warnings, "%s: Unable to bind to server %s with dn %s: %d (%s)\n",
             t->table, t->urls, *t->bind_dn != 0 ? t->bind_dn : "empty", result,
             ldap_library.ldap_err2string(result));
    return false;
}

static bool start_tls(struct ldap_table *t, struct str *warnings)
{
    if (!t->start_tls)
        return true;
    ldap_limits_renew(t);
    int result = ldap_library.ldap_start_tls_s(t->connection, NULL, NULL);
    return result == LDAP_SUCCESS ||
           warn(t, warnings, "set STARTTLS", result);
}

void ldap_table_disconnect(struct ldap_table *t)
{
    if (t->connection != NULL)
        ldap_library.ldap_unbind_ext(t->connection, NULL, NULL);
    t->connection = NULL;
}

bool ldap_table_connect(struct ldap_table *t, struct str *warnings)
{
    int result = ldap_library.ldap_initialize(&t->connection, t->urls);

    if (result != LDAP_SUCCESS) {
        t->connection = NULL;
        str_addf(warnings, "%s: Unable to init LDAP server %s: %d: %s\n",
                 t->table, t->urls, result,
                 ldap_library.ldap_err2string(result));
        return false;
    }
    if (set_limits(t, warnings) && set_tls(t, warnings) &&
        start_tls(t, warnings) && bind_as_set(t, warnings))
        return true;
    ldap_table_disconnect(t);
    return false;
}

/* ---- Base and filter ---- */

static bool quote_filter(void *context, const char *text, size_t length,
                         struct str *out)
{
    (void)context;
    for (size_t i = 0; i < length; i++) {
        if (strchr("*()\\", text[i]) != NULL)
            str_addf(out, "\\%02x", (unsigned char)text[i]);
        else
            str_add_char(out, text[i]);
    }
    return true;
}

static bool quote_dn(void *context, const char *text, size_t length,
                     struct str *out)
{
    (void)context;
    for (size_t i = 0; i < length; i++) {
        unsigned char c = text[i];
        bool at_end = i == 0 || i == length - 1;
        if (strchr("\"+,;<>\\=", c) != NULL || c < ' ' || c == 127 ||
            (at_end && (c == ' ' || c == '#')))
            str_addf(out, "\\%02X", c);
        else
            str_add_char(out, c);
    }
    return true;
}

bool ldap_table_expand(const struct ldap_table *t, const char *key,
                       struct str *base, struct str *filter)
{
    return template_expand(base, t->search_base, key, NULL, quote_dn, NULL) &&
           template_expand(filter, t->query_filter, key, NULL, quote_filter,
                           NULL);
}
