/* SPDX-License-Identifier: ISC
 *
 * dns_private.h - between the files of this folder.
 */
#ifndef DNS_PRIVATE_H
#define DNS_PRIVATE_H

#include "dns/query.h"
#include "table/table.h"

/* One packet to a name server, and one back. */
struct dns_exchange {
    const char *name; /* borrowed */
    enum dns_type type;
    unsigned flags;       /* enum dns_flag */
    unsigned char *reply; /* owned */
    int length;           /* -1: see error */
    int error;            /* h_errno of the state */
};

/* ---- reply.c ---- */

/* Take from a reply what counts. True: records were found, or there is no
 * alias to ask for next; false: ask again, for out->canonical. <aliases> is
 * the number of CNAME records that led here, of all replies. */
MAY_WAIT bool dns_reply_read(struct arena *arena, const struct dns_exchange *x,
                             int *aliases, struct dns_answer *out);

/* ---- explain.c ---- */

/* "MX"; "unknown" for a type that has no row. */
const char *dns_type_name(enum dns_type type);
/* Must the owner of such a record be the name of a host? */
bool dns_type_has_host_owner(enum dns_type type);
/* Set status, error and reason. <text> is constant. */
void dns_explain(struct dns_answer *out, enum dns_status status,
                 const char *name, enum dns_type type, const char *text);
/* What a reply says cannot be used: a matter of this reply, or, if it could
 * be read, of the records. */
void dns_explain_bad_reply(struct dns_answer *out, enum dns_status status,
                           const char *name, enum dns_type type);
/* It was us who made nothing of the reply, which will be otherwise when the
 * filter is. */
void dns_explain_filter(struct dns_answer *out, enum dns_status status,
                        const char *name, enum dns_type type,
                        const char *error, const char *text);
/* Too many aliases lead to <name>. */
void dns_explain_loop(struct dns_answer *out, const char *name);
/* <error> is of h_errno. */
void dns_explain_error(struct dns_answer *out, const char *name,
                       enum dns_type type, int error);

/* ---- filter.c ---- */

/* FOUND: the filter given to dns_set_up wants <record> ignored. FAILED: it
 * cannot be asked, or said something else. */
MAY_WAIT enum answer dns_filter_drops(const struct dns_record *record);

#endif
