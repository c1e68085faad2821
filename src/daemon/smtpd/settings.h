/* SPDX-License-Identifier: ISC
 *
 * settings.h - what the process opens at start; constant from then on.
 */
#ifndef SMTPD_SETTINGS_H
#define SMTPD_SETTINGS_H

#include "base/arena.h"
#include "base/hash.h"
#include "config/interfaces.h"
#include "mail/local_domain.h"
#include "smtp/text.h"
#include "table/maps.h"
#include "table/match_list.h"

enum { LISTS_IN_LISTS_MAX = 100 }; /* classes, and results of tables */

/* A list of restrictions, as words; arguments follow their restriction. */
struct restriction_list {
    const char *parameter;
    char **words; /* NULL-terminated */
};

enum override { /* receive_override_options */
    OVERRIDE_UNKNOWN_RECIPIENT = 1 << 0,
    OVERRIDE_MAPPINGS = 1 << 1,
    OVERRIDE_CHECKS = 1 << 2,
    OVERRIDE_MILTERS = 1 << 3,
};

struct settings {
    struct arena *arena; /* of the texts below; as long as the process */
    struct match_list *mynetworks, *bare_newline_exclusions,
        *limit_exceptions, *forbidden_commands, *noop_commands,
        *verp_clients, *xforward_hosts, *permit_actions, *relay_domains,
        *backup_networks, *debug_peers;
    struct maps *local_recipients, *relay_recipients, *virtual_mailboxes,
        *virtual_aliases, *canonical, *recipient_canonical,
        *sender_canonical, *command_filter, *reject_filter, *footer,
        *discard_ehlo_maps, *rbl_replies, *sender_login;
    struct local_domains *own; /* by address: inet_interfaces and proxies */
    struct interfaces interfaces;
    struct restriction_list client, helo, sender, relay, recipient, data,
        end_of_data, etrn, local_rewrite;
    struct hash *classes; /* name to char ** */
    struct hash *tables;  /* "type:name" to struct maps * */
    unsigned discard_ehlo, overrides;
    enum bare_lf bare_lf;
    const char *expansion_filter; /* smtpd_expansion_filter, unescaped */
    bool access_parents;  /* smtpd_access_maps: "domain", not ".domain" */
    bool fail_closed;     /* TLS is demanded and cannot be had */
};

const struct settings *settings(void);
/* Without access controls none of their tables is opened: a user who runs
 * sendmail -bs may not read them, or ask proxymap. */
void settings_open(bool with_access_controls);
/* "a, {b c}" to words. */
char **settings_words(struct arena *arena, const char *text);

#endif
