/* SPDX-License-Identifier: ISC
 *
 * match_list.h - lists of names, domains, hosts and networks, with files and
 * tables.
 *
 * Items: a string, !item, /file (items in a file), type:table. An item that
 * cannot be looked up makes the answer FAILED.
 */
#ifndef TABLE_MATCH_LIST_H
#define TABLE_MATCH_LIST_H

#include <stdbool.h>

#include "base/addr.h"
#include "base/error.h"
#include "table/table.h"

enum match_kind {
    MATCH_STRING,    /* the whole text, no case */
    MATCH_DOMAIN,    /* a domain; parents by MATCH_PARENT */
    MATCH_HOST,      /* a client: name or address or network */
    MATCH_ADDRESS,   /* a network address: address or network block */
};
enum match_flag {
    MATCH_PARENT = 1 << 0, /* "domain" also matches "sub.domain"
                              (parent_domain_matches_subdomains) */
};

struct match_list;

/* <title> (a parameter's name) is for messages; both texts are copied. An item
 * that is wrong is logged here, and makes later answers FAILED. Never NULL. */
struct match_list *match_list_open(const char *title, const char *list,
                                   enum match_kind kind, unsigned flags);
void match_list_close(struct match_list *list);
bool match_list_is_empty(const struct match_list *list);
/* <name>: the string, domain or host name (NULL when only an address is
 * known); <address>: as text, for HOST and ADDRESS. FOUND, ABSENT or FAILED
 * (logged). <value>, may be NULL: what a table item returned. */
MAY_WAIT enum answer match_list_has(struct match_list *list, const char *name,
                                    const char *address, struct str *value);

#endif
