/* SPDX-License-Identifier: ISC
 *
 * explain.c - why there are no records, for programs and for people.
 */
#include <arpa/nameser.h>
#include <netdb.h>
#include <stdio.h>

#include "base/log.h"
#include "dns_private.h"

static const struct {
    enum dns_type type;
    const char *name;
    bool host_owner; /* the owner must be the name of a host */
} types[] = {
    { DNS_A, "A", true },         { DNS_NS, "NS", true },
    { DNS_CNAME, "CNAME", true }, { DNS_SOA, "SOA", true },
    { DNS_PTR, "PTR", false },    { DNS_MX, "MX", true },
    { DNS_TXT, "TXT", false },    { DNS_AAAA, "AAAA", true },
    { DNS_SRV, "SRV", false },    { DNS_TLSA, "TLSA", false },
};

enum { TYPE_COUNT = sizeof types / sizeof *types };

const char *dns_type_name(enum dns_type type)
{
    for (size_t i = 0; i < TYPE_COUNT; i++)
        if (types[i].type == type)
            return types[i].name;
    return "unknown";
}

bool dns_type_has_host_owner(enum dns_type type)
{
    for (size_t i = 0; i < TYPE_COUNT; i++)
        if (types[i].type == type)
            return types[i].host_owner;
    return false;
}

void dns_explain(struct dns_answer *out, enum dns_status status,
                 const char *name, enum dns_type type, const char *text)
{
    out->status = status;
    out->error = text;
    snprintf(out->reason, sizeof out->reason,
             "Host or domain name not found. Name service error for name=%s "
             "type=%s: %s",
             name, dns_type_name(type), text);
}

void dns_explain_bad_reply(struct dns_answer *out, enum dns_status status,
                           const char *name, enum dns_type type)
{
    out->status = status;
    out->error = "Malformed or unexpected name server reply";
    snprintf(out->reason, sizeof out->reason,
             "Name service error for name=%s type=%s: %s", name,
             dns_type_name(type), out->error);
}

void dns_explain_filter(struct dns_answer *out, enum dns_status status,
                        const char *name, enum dns_type type,
                        const char *error, const char *text)
{
    out->status = status;
    out->error = error;
    snprintf(out->reason, sizeof out->reason,
             "Error looking up name=%s type=%s: %s", name,
             dns_type_name(type), text);
}

void dns_explain_loop(struct dns_answer *out, const char *name)
{
    out->status = DNS_NOT_FOUND;
    out->error = "Name server loop";
    snprintf(out->reason, sizeof out->reason, "Name server loop for %s", name);
    log_warning("%s", out->reason);
}

void dns_explain_error(struct dns_answer *out, const char *name,
                       enum dns_type type, int error)
{
    switch (error) {
    case HOST_NOT_FOUND:
        out->rcode = ns_r_nxdomain;
        dns_explain(out, DNS_NOT_FOUND, name, type, "Host not found");
        return;
    case NO_DATA:
        dns_explain(out, DNS_NO_DATA, name, type,
                    "Host found but no data record of requested type");
        return;
    case NO_RECOVERY:
        out->rcode = ns_r_refused;
        dns_explain(out, DNS_FAILED, name, type, "Non-recoverable error");
        return;
    default:
        out->rcode = ns_r_servfail;
        dns_explain(out, DNS_RETRY, name, type, "Host not found, try again");
        return;
    }
}
