/* SPDX-License-Identifier: ISC
 *
 * settings.h - what the process opens at start; constant from then on.
 */
#ifndef SMTP_SETTINGS_H
#define SMTP_SETTINGS_H

#include "config/interfaces.h"
#include "mail/find.h"
#include "mail/local_domain.h"
#include "table/maps.h"
#include "table/match_list.h"

enum message_flag { /* flags=DORX in master.cf */
    FLAG_DELIVERED_TO = 1 << 0,
    FLAG_ORIGINAL_TO = 1 << 1,
    FLAG_RETURN_PATH = 1 << 2,
    FLAG_FINAL = 1 << 3,
};

enum problem { /* of notify_classes */
    PROBLEM_PROTOCOL = 1 << 0,
    PROBLEM_DATA = 1 << 1,
};

enum pix_workaround { PIX_NO_ESMTP = 1 << 0, PIX_DELAY_DOT = 1 << 1 };

struct settings {
    bool is_lmtp;           /* started under the name "lmtp" */
    bool use_dns, use_native;
    unsigned dns_flags;     /* for dns_query */
    bool ipv4, ipv6;        /* inet_protocols */
    bool bind4, bind6;      /* the two below are set */
    struct addr bind_address4, bind_address6;
    struct local_domains *local; /* what is ourselves */
    struct maps *generic, *reply_filter, *discard_ehlo_maps, *pix_maps,
        *header_checks, *mime_header_checks, *nested_header_checks,
        *body_checks;
    bool has_checks;
    struct find_options generic_find;
    bool generic_extensions;     /* propagate_unmatched_extensions */
    struct match_list *cache_destinations, *srv_services, *debug_peers;
    unsigned discard_ehlo;
    unsigned pix_workarounds;
    unsigned message_flags;
    unsigned notify;             /* PROBLEM_ bits that are told */
    const char *default_port;    /* smtp_tcp_port */
    const char *refusal;         /* why nothing may be sent, or NULL */
};

const struct settings *settings(void);
void settings_open(void);
unsigned settings_pix_parse(const char *title, const char *list);

#endif
