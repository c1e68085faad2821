/* SPDX-License-Identifier: ISC
 *
 * ldap_private.h - the parts of the ldap driver.
 *
 * All but driver_ldap.c run in threads, too: they must not log, but add lines
 * to <warnings>.
 */
#ifndef TABLE_LDAP_PRIVATE_H
#define TABLE_LDAP_PRIVATE_H

#include <ldap.h>

#include "base/library.h"
#include "settings.h"
#include "template.h"

/* ber_pvt_opt_on is no function: its address is LDAP_OPT_ON. */
#define LDAP_FUNCTIONS(FUNCTION)                                             \
    FUNCTION(ber_free) FUNCTION(ber_pvt_opt_on) FUNCTION(ber_sockbuf_ctrl)   \
    FUNCTION(ldap_abandon_ext)                                               \
    FUNCTION(ldap_count_values_len) FUNCTION(ldap_err2string)                \
    FUNCTION(ldap_first_attribute) FUNCTION(ldap_first_entry)                \
    FUNCTION(ldap_free_urldesc) FUNCTION(ldap_get_option)                    \
    FUNCTION(ldap_get_values_len) FUNCTION(ldap_initialize)                  \
    FUNCTION(ldap_is_ldap_url) FUNCTION(ldap_memfree) FUNCTION(ldap_msgfree) \
    FUNCTION(ldap_next_attribute) FUNCTION(ldap_next_entry)                  \
    FUNCTION(ldap_parse_result) FUNCTION(ldap_result)                        \
    FUNCTION(ldap_sasl_bind) FUNCTION(ldap_sasl_interactive_bind_s)          \
    FUNCTION(ldap_search_ext_s) FUNCTION(ldap_set_option)                    \
    FUNCTION(ldap_start_tls_s) FUNCTION(ldap_unbind_ext)                     \
    FUNCTION(ldap_url_parse) FUNCTION(ldap_value_free_len)
LIBRARY_DECLARE(ldap_library, LDAP_FUNCTIONS)

/* In which list of the settings an attribute is. */
enum ldap_attribute_kind {
    LDAP_TERMINAL, /* alone counts if it is there */
    LDAP_LEAF,     /* counts in entries without special ones */
    LDAP_SPECIAL,  /* names other entries */
    LDAP_RESULT,
    LDAP_UNWANTED,
};

struct ldap_table {
    char *table;               /* owned; "ldap:/etc/x.cf" */
    struct settings *settings; /* owned */
    struct template_rules rules;
    struct ldap *connection; /* NULL: none */
    char *urls;       /* owned; of all servers */
    char **lists[LDAP_UNWANTED]; /* attributes by kind */
    char **wanted;    /* all of them, for the server */
    int scope_number;
    bool base_has_key; /* a base that depends on the key may be missing */
    bool sasl;         /* how to bind, if at all */
    bool binds;

    const char *hosts, *search_base, *query_filter;
    const char *result_format, *result_filter, *domain;
    const char *list_texts[LDAP_UNWANTED];
    const char *scope, *bind, *bind_dn, *bind_password;
    const char *sasl_mechanisms, *sasl_realm, *sasl_authorization;
    const char *size_limit_text;
    long port, timeout, recursion_limit, expansion_limit, size_limit,
        dereference, version, debug_level, sasl_min_ssf;
    bool chase_referrals, start_tls, tls_require_cert;
    const char *tls_ca_dir, *tls_ca_file, *tls_cert, *tls_key,
        *tls_random_file, *tls_ciphers;
};

/* ---- ldap_connection.c ---- */

/* A new connection, bound as the settings say. False after a warning. */
bool ldap_table_connect(struct ldap_table *t, struct str *warnings);
void ldap_table_disconnect(struct ldap_table *t);
/* The base with the key in it, quoted (RFC 4514, section 2.4), and the filter
 * (RFC 4515, section 3). False: the key lacks a part. */
bool ldap_table_expand(const struct ldap_table *t, const char *key,
                       struct str *base, struct str *filter);

/* ---- ldap_sasl.c ---- */

/* An LDAP result code. */
int ldap_table_bind_sasl(struct ldap_table *t);

/* ---- ldap_search.c ---- */

/* Search and follow what the entries refer to. False after a warning. */
bool ldap_table_search(struct ldap_table *t, const char *key,
                       struct template_values *values, struct str *warnings);

#endif
