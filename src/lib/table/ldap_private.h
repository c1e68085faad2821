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

#include "base/array.h"
#include "base/clock.h"
#include "base/library.h"
#include "settings.h"
#include "template.h"

/* ber_pvt_opt_on is no function: its address is LDAP_OPT_ON. */
#define LDAP_FUNCTIONS(FUNCTION)                                             \
    FUNCTION(ber_free) FUNCTION(ber_pvt_opt_on)                              \
    FUNCTION(ber_sockbuf_add_io) FUNCTION(ber_sockbuf_ctrl)                  \
    FUNCTION(ber_sockbuf_remove_io) FUNCTION(ldap_abandon_ext)               \
    FUNCTION(ldap_err2string) FUNCTION(ldap_free_urldesc)                    \
    FUNCTION(ldap_get_attribute_ber) FUNCTION(ldap_get_dn_ber)               \
    FUNCTION(ldap_get_option) FUNCTION(ldap_initialize)                      \
    FUNCTION(ldap_is_ldap_url) FUNCTION(ldap_memfree) FUNCTION(ldap_msgfree) \
    FUNCTION(ldap_parse_result) FUNCTION(ldap_result)                        \
    FUNCTION(ldap_sasl_bind) FUNCTION(ldap_sasl_interactive_bind_s)          \
    FUNCTION(ldap_search_ext) FUNCTION(ldap_set_option)                      \
    FUNCTION(ldap_start_tls_s) FUNCTION(ldap_unbind_ext)                     \
    FUNCTION(ldap_url_parse)
LIBRARY_DECLARE(ldap_library, LDAP_FUNCTIONS)

/* In which list of the settings an attribute is. */
enum ldap_attribute_kind {
    LDAP_TERMINAL, /* alone counts if it is there */
    LDAP_LEAF,     /* counts in entries without special ones */
    LDAP_SPECIAL,  /* names other entries */
    LDAP_RESULT,
    LDAP_UNWANTED,
};

enum {
    /* Bytes of all answers, as they come and of what is made of them. */
    LDAP_MAX_LOOKUP = 16 << 20,
    /* What the library keeps of a message beside its own bytes. */
    LDAP_MESSAGE_COST = 256,
};

/* What the server may still take. */
struct ldap_limits {
    deadline_t until;
    size_t bytes_left;
    struct ldap_conncb callbacks;
};

struct ldap_table {
    char *table;               /* owned; "ldap:/etc/x.cf" */
    struct settings *settings; /* owned */
    struct template_rules rules;
    struct ldap *connection; /* NULL: none */
    struct ldap_limits limits;
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

/* ---- ldap_limits.c ---- */

/* For all that the connection does from now on; an LDAP result code. */
int ldap_limits_install(struct ldap_table *t);
/* A lookup begins: it may have LDAP_MAX_LOOKUP. */
void ldap_limits_begin(struct ldap_table *t);
/* A request begins: it may take the timeout of the table. */
void ldap_limits_renew(struct ldap_table *t);
/* Count what the bytes that came take beside themselves. False: that was too
 * much. */
bool ldap_limits_take(struct ldap_table *t, size_t bytes);

/* ---- ldap_sasl.c ---- */

/* Can this build do it? False fills <why>. */
bool ldap_sasl_is_there(const struct ldap_table *t, struct error *why);
/* An LDAP result code. */
int ldap_table_bind_sasl(struct ldap_table *t);

/* ---- ldap_request.c ---- */

/* What to ask the server for. */
struct ldap_request {
    const char *base, *filter;
    int scope;
    char **attributes;
};

/* All of an answer, before the first counts: more searches on the same
 * connection may come of it. */
struct ldap_entries {
    ARRAY_OF(LDAPMessage *); /* owned */
};

/* Ask, and add what is found to <entries>. Returns an LDAP result code, any if
 * the limits have nothing left. */
int ldap_table_request(struct ldap_table *t, const struct ldap_request *request,
                       struct ldap_entries *entries);
/* What is in it. */
void ldap_entries_free(struct ldap_entries *entries);

/* ---- ldap_search.c ---- */

/* Search and follow what the entries refer to. False after a warning. */
bool ldap_table_search(struct ldap_table *t, const char *key,
                       struct template_values *values, struct str *warnings);

#endif
