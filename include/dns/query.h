/* SPDX-License-Identifier: ISC
 *
 * query.h - DNS lookups, with three answers and no surprises.
 */
#ifndef DNS_QUERY_H
#define DNS_QUERY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/arena.h"
#include "base/error.h"

enum dns_status {
    DNS_OK,
    DNS_NOT_FOUND,   /* NXDOMAIN */
    DNS_NO_DATA,     /* the name has no such record */
    DNS_NULL_MX,     /* "." with preference 0: RFC 7505 */
    DNS_RETRY,       /* try again later */
    DNS_FAILED,      /* SERVFAIL for good, bad reply, bad name */
    DNS_INVALID,     /* a reply that may not be used (policy) */
    DNS_FILTERED,    /* the reply filter drops all records; for now */
};
#define DNS_FILTERED_TEXT "DNS reply filter drops all results"
enum dns_type { DNS_A = 1, DNS_NS = 2, DNS_CNAME = 5, DNS_SOA = 6, DNS_PTR = 12,
                DNS_MX = 15, DNS_TXT = 16, DNS_AAAA = 28, DNS_SRV = 33,
                DNS_TLSA = 52 };

struct dns_record {
    struct dns_record *next;
    const char *owner;      /* name in the answer, after CNAMEs */
    enum dns_type type;
    unsigned ttl_s;
    int preference;         /* MX; SRV priority */
    int weight, port;       /* SRV */
    const char *target;     /* MX, NS, PTR, CNAME, SRV: host name */
    struct addr address;    /* A, AAAA; port 0 */
    const unsigned char *data; /* TXT (joined), TLSA: raw */
    size_t length;
    bool secure;            /* the AD bit */
};
struct dns_answer {
    enum dns_status status;
    int rcode;
    const char *canonical;  /* name after CNAMEs */
    struct dns_record *records;
    bool secure;
    char reason[256];       /* for people, when not OK */
    const char *error;      /* the same in few words, without the name */
};

enum dns_flag { DNS_WANT_SECURE = 1 << 0, DNS_SEARCH = 1 << 1,
                DNS_DEFNAMES = 1 << 2 };

struct dns_setup {
    const char *reply_filter; /* tables, or "" */
    const char *filter_name;  /* of the parameter, for the log */
};
/* Once at start. The struct is borrowed for the call, its texts must stay. */
void dns_set_up(const struct dns_setup *setup);

/* Records of <type> for <name>, CNAMEs followed (at most 10), names checked.
 * Only records whose owner is the name asked for (or its CNAME target). */
MAY_WAIT void dns_query(struct arena *arena, const char *name,
                        enum dns_type type, unsigned flags,
                        struct dns_answer *out);
/* "4.3.2.1.in-addr.arpa" */
const char *dns_reverse_name(struct arena *arena, const struct addr *addr,
                             const char *suffix4, const char *suffix6);
/* getnameinfo and getaddrinfo through offload: smtpd's client names, native
 * lookups. NULL/none with *status. */
MAY_WAIT const char *host_name_of(struct arena *arena, const struct addr *addr,
                                  enum dns_status *status);
MAY_WAIT enum dns_status host_addresses(struct arena *arena, const char *name,
                                        int family /* 0: any */,
                                        struct dns_record **records,
                                        struct error *why);

#endif
