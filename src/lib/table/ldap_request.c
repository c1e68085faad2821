/* SPDX-License-Identifier: ISC
 *
 * ldap_request.c - one search in a directory, and the entries it finds.
 *
 * The messages of the answer are taken one by one: the library would collect
 * what comes for as long as it comes.
 */

#include <ldap.h>

#include "ldap_private.h"

/* Wait for the next message of a search; returns its type, or 0 and *code. */
static int next_message(const struct ldap_table *t, int id, deadline_t until,
                        LDAPMessage **message, int *code)
{
    int left_ms = deadline_left_ms(until);
    struct timeval left = { .tv_sec = left_ms / 1000,
                            .tv_usec = left_ms % 1000 * 1000 };

    *code = LDAP_TIMEOUT;
    if (left_ms == 0)
        return 0;
    int type = ldap_library.ldap_result(t->connection, id, LDAP_MSG_ONE,
                                        t->timeout > 0 ? &left : NULL, message);
    if (type > 0)
        return type;
    if (type < 0 && deadline_left_ms(until) > 0)
        ldap_library.ldap_get_option(t->connection, LDAP_OPT_RESULT_CODE, code);
    /* The library knows of no error if it was with another server. */
    if (*code == LDAP_SUCCESS)
        *code = LDAP_REFERRAL;
    return 0;
}

/* Returns what the server says of all. */
static int read_answer(struct ldap_table *t, int id,
                       struct ldap_entries *entries)
{
    deadline_t until = t->limits.until;
    LDAPMessage *message;
    int type, code;

    while ((type = next_message(t, id, until, &message, &code)) != 0) {
        if (type == LDAP_RES_SEARCH_RESULT) {
            int result = ldap_library.ldap_parse_result(
                t->connection, message, &code, NULL, NULL, NULL, NULL, true);
            return result != LDAP_SUCCESS ? result : code;
        }
        if (type == LDAP_RES_SEARCH_ENTRY)
            ARRAY_ADD(entries, message);
        else
            ldap_library.ldap_msgfree(message);
        if (!ldap_limits_take(t, LDAP_MESSAGE_COST))
            return LDAP_NO_MEMORY;
    }
    return code;
}

int ldap_table_request(struct ldap_table *t, const struct ldap_request *request,
                       struct ldap_entries *entries)
{
    struct timeval limit = { .tv_sec = t->timeout };
    int id;

    ldap_limits_renew(t);
    int code = ldap_library.ldap_search_ext(
        t->connection, request->base, request->scope, request->filter,
        request->attributes, 0, NULL, NULL, t->timeout > 0 ? &limit : NULL,
        (int)t->size_limit, &id);
    if (code != LDAP_SUCCESS)
        return code;
    ldap_limits_renew(t);
    return read_answer(t, id, entries);
}

void ldap_entries_free(struct ldap_entries *entries)
{
    for (size_t i = 0; i < entries->count; i++)
        ldap_library.ldap_msgfree(entries->items[i]);
    ARRAY_FREE(entries);
}
