/* SPDX-License-Identifier: ISC
 *
 * find.h - table lookups by mail address: user+ext@domain, user@domain, ...
 */
#ifndef MAIL_FIND_H
#define MAIL_FIND_H

#include <stdbool.h>

#include "base/arena.h"
#include "table/maps.h"

enum find_step {
    FIND_FULL = 1 << 0,         /* user+ext@domain, then user@domain */
    FIND_LOCAL = 1 << 1,        /* user+ext, user: if the domain is local */
    FIND_AT_DOMAIN = 1 << 2,    /* @domain */
    FIND_DOMAIN = 1 << 3,       /* domain, then parents (see parents) */
    FIND_USER_AT = 1 << 4,      /* user@ , as access(5) */
    FIND_LOCAL_ALWAYS = 1 << 5, /* user+ext, user: whatever the domain */
};
#define FIND_DEFAULT (FIND_FULL | FIND_LOCAL | FIND_AT_DOMAIN)

struct find_options {
    unsigned steps;
    const char *delimiters; /* recipient_delimiter; "" for none */
    const char *myorigin;
    /* Whether FIND_LOCAL applies: domain is $myorigin, or in $mydestination
     * or $inet_interfaces. NULL: never. */
    enum answer (*is_local)(const char *domain, void *context);
    void *context;
    bool parents_with_dot;  /* ".parent" keys, otherwise "parent" */
    bool internal_form;     /* keys in internal form; default: external */
};

/* FOUND: <value>; *extension (may be NULL) is the "+ext" that was left out of
 * the key that matched, in <arena>, or NULL. */
MAY_WAIT enum answer find_address(struct maps *maps, struct arena *arena,
                                  const char *address,
                                  const struct find_options *options,
                                  struct str *value, char **extension);
/* find_address, then each address of the result with "@domain" results
 * completed by the user, $myorigin appended where there is no domain, and
 * the extension added if <propagate>. ABSENT: *addresses is untouched. */
MAY_WAIT enum answer find_addresses(struct maps *maps, struct arena *arena,
                                    const char *address,
                                    const struct find_options *options,
                                    bool propagate, char ***addresses,
                                    size_t *count);

#endif
