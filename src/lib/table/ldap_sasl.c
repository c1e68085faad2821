/* SPDX-License-Identifier: ISC
 *
 * ldap_sasl.c - bind = sasl for ldap tables.
 */

#include "config.h"

#include <ldap.h>

#include "ldap_private.h"

#ifdef HAVE_SASL
#include <sasl/sasl.h>
#include <stdio.h>
#include <string.h>

/* What the mechanism asks for, out of the settings. */
static int answer(LDAP *ldap, unsigned flags, void *context, void *questions)
{
    const struct ldap_table *t = context;
    sasl_interact_t *q = questions;

    (void)ldap;
    (void)flags;
    for (; q->id != SASL_CB_LIST_END; q++) {
        const char *text = q->defresult != NULL ? q->defresult : "";
        switch (q->id) {
        case SASL_CB_GETREALM: text = t->sasl_realm; break;
        case SASL_CB_AUTHNAME: text = t->bind_dn; break;
        case SASL_CB_PASS: text = t->bind_password; break;
        case SASL_CB_USER: text = t->sasl_authorization; break;
        default: break;
        }
        q->result = text;
        q->len = strlen(text);
    }
    return LDAP_SUCCESS;
}

bool ldap_sasl_is_there(const struct ldap_table *t, struct error *why)
{
    (void)t;
    (void)why;
    return true;
}

int ldap_table_bind_sasl(struct ldap_table *t)
{
    char properties[64];

    snprintf(properties, sizeof(properties), "minssf=%ld", t->sasl_min_ssf);
    int result = ldap_library.ldap_set_option(
        t->connection, LDAP_OPT_X_SASL_SECPROPS, properties);
    if (result != LDAP_OPT_SUCCESS)
        return LDAP_PARAM_ERROR;
    /* The DN is the name to authenticate; SASL knows no other DN. */
    return ldap_library.ldap_sasl_interactive_bind_s(
        t->connection, NULL,
        *t->sasl_mechanisms != 0 ? t->sasl_mechanisms : NULL, NULL, NULL,
        LDAP_SASL_QUIET, answer, t);
}

#else

bool ldap_sasl_is_there(const struct ldap_table *t, struct error *why)
{
    return error_set(why,
                     "%s: bind = sasl: this build was made without SASL: "
                     "install the Cyrus SASL library (libsasl2-dev), then "
                     "configure and build again",
                     t->table);
}

int ldap_table_bind_sasl(struct ldap_table *t)
{
    (void)t;
    return LDAP_AUTH_METHOD_NOT_SUPPORTED;
}

#endif
