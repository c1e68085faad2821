/* SPDX-License-Identifier: ISC
 *
 * query.c - DNS queries through libresolv.
 *
 * The resolver library only moves packets. What a reply says is decided here:
 * records count only if their owner is the name that was asked for, or what
 * CNAME records in the same reply lead to from there, and if the names in
 * them are names of hosts. Anything else came by mistake or malice.
 */
#include "dns/query.h"

#include <arpa/nameser.h>
#include <netdb.h>
#include <netinet/in.h>
#include <resolv.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/io.h"
#include "base/log.h"
#include "base/str.h"
#include "base/text.h"
#include "dns_private.h"
#include "mail/address.h"

enum { REPLY_MAX = 65535, CNAMES_MAX = 10, RECORDS_MAX = 100,
       STATE_LIFE_S = 60 };

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

static bool needs_host_owner(enum dns_type type)
{
    for (size_t i = 0; i < TYPE_COUNT; i++)
        if (types[i].type == type)
            return types[i].host_owner;
    return false;
}

/* ---- asking ---- */

struct exchange {
    const char *name;
    enum dns_type type;
    unsigned flags;
    unsigned char *reply; /* REPLY_MAX bytes */
    int length;           /* -1: see error */
    int error;            /* h_errno of the state */
};

/* A resolver state of this thread, made anew each minute, so that a change of
 * resolv.conf is noticed. */
static struct __res_state *resolver_state(void)
{
    static _Thread_local struct __res_state state;
    static _Thread_local deadline_t until;

    if (until > clock_now())
        return &state;
    if (until != 0)
        res_nclose(&state);
    memset(&state, 0, sizeof state);
    until = 0;
    if (res_ninit(&state) != 0)
        return NULL;
    until = deadline_in_s(STATE_LIFE_S);
    return &state;
}

static void exchange_run(void *argument)
{
    struct exchange *x = argument;
    struct __res_state *state = resolver_state();

    x->length = -1;
    x->error = TRY_AGAIN;
    if (state == NULL)
        return;
    unsigned long kept = state->options;
    state->options &= ~(unsigned long)(RES_DEFNAMES | RES_DNSRCH);
    if (x->flags & DNS_SEARCH)
        state->options |= RES_DNSRCH | RES_DEFNAMES;
    if (x->flags & DNS_DEFNAMES)
        state->options |= RES_DEFNAMES;
    if (x->flags & DNS_WANT_SECURE) {
        state->options |= RES_USE_EDNS0 | RES_USE_DNSSEC;
#ifdef RES_TRUSTAD
        state->options |= RES_TRUSTAD;
#endif
    }
    x->length = (x->flags & (DNS_SEARCH | DNS_DEFNAMES))
                    ? res_nsearch(state, x->name, ns_c_in, (int)x->type,
                                  x->reply, REPLY_MAX)
                    : res_nquery(state, x->name, ns_c_in, (int)x->type,
                                 x->reply, REPLY_MAX);
    x->error = state->res_h_errno;
    state->options = kept;
}

static void explain(struct dns_answer *out, enum dns_status status,
                    const char *name, enum dns_type type, const char *text)
{
    out->status = status;
    out->error = text;
    snprintf(out->reason, sizeof out->reason,
             "Host or domain name not found. Name service error for name=%s "
             "type=%s: %s",
             name, dns_type_name(type), text);
}

/* What a reply says cannot be used: a matter of this reply, or, if it could
 * be read, of the records. */
static void explain_bad_reply(struct dns_answer *out, enum dns_status status,
                              const char *name, enum dns_type type)
{
    out->status = status;
    out->error = "Malformed or unexpected name server reply";
    snprintf(out->reason, sizeof out->reason,
             "Name service error for name=%s type=%s: %s", name,
             dns_type_name(type), out->error);
}

/* It was us who made nothing of the reply, which will be otherwise when the
 * filter is. */
static void explain_filter(struct dns_answer *out, enum dns_status status,
                           const char *name, enum dns_type type,
                           const char *error, const char *text)
{
    out->status = status;
    out->error = error;
    snprintf(out->reason, sizeof out->reason,
             "Error looking up name=%s type=%s: %s", name,
             dns_type_name(type), text);
}

static void explain_loop(struct dns_answer *out, const char *name)
{
    out->status = DNS_NOT_FOUND;
    out->error = "Name server loop";
    snprintf(out->reason, sizeof out->reason, "Name server loop for %s", name);
    log_warning("%s", out->reason);
}

static void explain_error(struct dns_answer *out, const char *name,
                          enum dns_type type, int error)
{
    switch (error) {
    case HOST_NOT_FOUND:
        out->rcode = ns_r_nxdomain;
        explain(out, DNS_NOT_FOUND, name, type, "Host not found");
        return;
    case NO_DATA:
        explain(out, DNS_NO_DATA, name, type,
                "Host found but no data record of requested type");
        return;
    case NO_RECOVERY:
        out->rcode = ns_r_refused;
        explain(out, DNS_FAILED, name, type, "Non-recoverable error");
        return;
    default:
        out->rcode = ns_r_servfail;
        explain(out, DNS_RETRY, name, type, "Host not found, try again");
        return;
    }
}

/* ---- reading a reply ---- */

struct reading {
    struct arena *arena;
    struct dns_answer *out;
    ns_msg message;
    const char *want;      /* the owner that counts now */
    enum dns_type type;
    struct dns_record **end;
    int count;             /* of records */
    bool malformed;        /* a record of ours was not fit to use */
    bool invalid;          /* it could be read, but names no host */
    bool filtered;         /* the filter dropped one */
    bool filter_failed;    /* or could not be asked */
};

static bool same_name(const char *a, const char *b)
{
    size_t length = strlen(a);

    if (length > 0 && a[length - 1] == '.')
        length--;
    return text_equal_nocase_n(a, b, length) &&
           (b[length] == '\0' || (b[length] == '.' && b[length + 1] == '\0'));
}

/* The domain name at <data> inside the reply. NULL: malformed. */
static const char *expand_name(struct reading *r, const unsigned char *data)
{
    char name[NS_MAXDNAME];

    if (ns_name_uncompress(ns_msg_base(r->message), ns_msg_end(r->message),
                           data, name, sizeof name) < 0)
        return NULL;
    size_t length = strlen(name);
    if (length == 1 && name[0] == '.')
        name[0] = '\0';
    return arena_strdup(r->arena, name);
}

/* May a record lead there? "" is the root. An address in place of a name is a
 * common error of those who write MX records, and means what it says. */
static bool is_good_target(const struct dns_record *record)
{
    if (record->target[0] == '\0')
        return record->type == DNS_MX || record->type == DNS_SRV;
    if (record->type != DNS_MX || !domain_is_literal_ipv4(record->target))
        return domain_is_hostname(record->target);
    log_warning("numeric domain name in resource data of MX record for %s: %s",
                record->owner, record->target);
    return true;
}

/* A host name in a record. */
static bool set_target(struct reading *r, struct dns_record *record,
                       const unsigned char *data)
{
    char shown[256];

    record->target = expand_name(r, data);
    if (record->target == NULL)
        return false;
    if (is_good_target(record))
        return true;
    snprintf(shown, sizeof shown, "%s", record->target);
    log_warning("malformed domain name in resource data of %s record for %s: "
                "%s",
                dns_type_name(r->type), r->want,
                text_printable(shown, '?', false));
    r->invalid = true;
    return false;
}

static bool set_address(struct dns_record *record, const unsigned char *data,
                        size_t length)
{
    struct addr *to = &record->address;

    if (record->type == DNS_A && length == 4) {
        to->in4.sin_family = AF_INET;
        memcpy(&to->in4.sin_addr, data, 4);
        to->length = sizeof to->in4;
        return true;
    }
    if (record->type == DNS_AAAA && length == 16) {
        to->in6.sin6_family = AF_INET6;
        memcpy(&to->in6.sin6_addr, data, 16);
        to->length = sizeof to->in6;
        return true;
    }
    return false;
}

/* The character strings of a TXT record as one text. */
static bool set_text(struct reading *r, struct dns_record *record,
                     const unsigned char *data, size_t length)
{
    unsigned char *text = arena_alloc(r->arena, length + 1);
    size_t used = 0;

    for (size_t i = 0; i < length; i += 1 + data[i]) {
        if (i + 1 + data[i] > length)
            return false;
        memcpy(text + used, data + i + 1, data[i]);
        used += data[i];
    }
    text[used] = '\0';
    record->data = text;
    record->length = used;
    return true;
}

/* Fill the members that belong to the type. False: malformed. */
static bool set_data(struct reading *r, struct dns_record *record,
                     const unsigned char *data, size_t length)
{
    switch (record->type) {
    case DNS_A:
    case DNS_AAAA:
        return set_address(record, data, length);
    case DNS_MX:
        if (length < 3)
            return false;
        record->preference = (int)ns_get16(data);
        return set_target(r, record, data + 2);
    case DNS_SRV:
        if (length < 7)
            return false;
        record->preference = (int)ns_get16(data);
        record->weight = (int)ns_get16(data + 2);
        record->port = (int)ns_get16(data + 4);
        return set_target(r, record, data + 6);
    case DNS_NS:
    case DNS_CNAME:
    case DNS_PTR:
        return set_target(r, record, data);
    case DNS_TXT:
        return set_text(r, record, data, length);
    case DNS_SOA:
    case DNS_TLSA:
        record->data = arena_memdup(r->arena, data, length);
        record->length = length;
        return true;
    }
    return false;
}

static void keep_record(struct reading *r, const ns_rr *rr)
{
    struct dns_record *record = ARENA_NEW(r->arena, struct dns_record);

    record->owner = arena_strdup(r->arena, ns_rr_name(*rr));
    record->type = r->type;
    record->ttl_s = ns_rr_ttl(*rr);
    record->secure = r->out->secure;
    if (!set_data(r, record, ns_rr_rdata(*rr), ns_rr_rdlen(*rr))) {
        r->malformed = true;
        return;
    }
    switch (dns_filter_drops(record)) {
    case FOUND:
        r->filtered = true;
        return;
    case FAILED:
        r->filter_failed = true;
        return;
    case ABSENT:
        break;
    }
    *r->end = record;
    r->end = &record->next;
    r->count++;
}

/* The target of a CNAME record for <want>, or NULL. */
static const char *find_alias(struct reading *r)
{
    ns_rr rr;

    for (int i = 0; i < ns_msg_count(r->message, ns_s_an); i++) {
        if (ns_parserr(&r->message, ns_s_an, i, &rr) != 0)
            return NULL;
        if (ns_rr_type(rr) != ns_t_cname ||
            !same_name(ns_rr_name(rr), r->want))
            continue;
        const char *target = expand_name(r, ns_rr_rdata(rr));
        return target && (!needs_host_owner(r->type) ||
                          domain_is_hostname(target))
                   ? target
                   : NULL;
    }
    return NULL;
}

static bool is_ours(const struct reading *r, const ns_rr *rr)
{
    return (int)ns_rr_type(*rr) == (int)r->type &&
           same_name(ns_rr_name(*rr), r->want);
}

/* A reply with very many records is a way to keep others busy. */
static void collect(struct reading *r)
{
    ns_rr rr;

    for (int i = 0; i < ns_msg_count(r->message, ns_s_an); i++) {
        if (ns_parserr(&r->message, ns_s_an, i, &rr) != 0) {
            r->malformed = true;
            return;
        }
        if (!is_ours(r, &rr))
            continue;
        if (r->count >= RECORDS_MAX) {
            log_warning("DNS record count limit (%d) exceeded -- dropping "
                        "excess record(s) after qname=%s qtype=%s",
                        RECORDS_MAX, r->want, dns_type_name(r->type));
            return;
        }
        keep_record(r, &rr);
    }
}

/* The name that the search list made of the one that was asked for. */
static void take_searched_name(struct reading *r)
{
    ns_rr question;

    if (ns_parserr(&r->message, ns_s_qd, 0, &question) == 0)
        r->want = r->out->canonical =
            arena_strdup(r->arena, ns_rr_name(question));
}

/* Take from a reply what counts. True: records were found, or there is no
 * alias to ask for next; false: ask again, for out->canonical. */
static bool read_reply(struct arena *arena, const struct exchange *x,
                       int *aliases, struct dns_answer *out)
{
    enum dns_type type = x->type;
    struct reading r = { .arena = arena, .out = out, .type = type,
                         .want = out->canonical, .end = &out->records };
    const char *alias;

    if (ns_initparse(x->reply, x->length, &r.message) != 0) {
        explain_bad_reply(out, DNS_RETRY, r.want, type);
        return true;
    }
    if (x->flags & (DNS_SEARCH | DNS_DEFNAMES))
        take_searched_name(&r);
    out->rcode = (int)ns_msg_getflag(r.message, ns_f_rcode);
    out->secure = out->secure && ns_msg_getflag(r.message, ns_f_ad);
    bool moved = false;
    while (type != DNS_CNAME && (alias = find_alias(&r)) != NULL) {
        if (++*aliases > CNAMES_MAX) {
            explain_loop(out, r.want);
            return true;
        }
        r.want = out->canonical = alias;
        moved = true;
    }
    collect(&r);
    if (r.filter_failed) {
        out->records = NULL;
        explain_filter(out, DNS_RETRY, r.want, type,
                       "Invalid DNS reply filter syntax",
                       "Invalid DNS reply filter syntax");
        return true;
    }
    if (out->records != NULL) {
        out->status = DNS_OK;
        return true;
    }
    if (r.filtered) {
        explain_filter(out, DNS_FILTERED, r.want, type,
                       "DNS reply filter policy", DNS_FILTERED_TEXT);
        return true;
    }
    if (r.malformed) {
        explain_bad_reply(out, r.invalid ? DNS_INVALID : DNS_RETRY, r.want,
                          type);
        return true;
    }
    explain_error(out, r.want, type, NO_DATA);
    return !moved;
}

/* ---- the whole question ---- */

static void check_null_mx(struct dns_answer *out)
{
    struct dns_record **link = &out->records;

    if (out->records->next == NULL && out->records->target[0] == '\0' &&
        out->records->preference == 0) {
        out->status = DNS_NULL_MX;
        out->error = "nullMX";
        snprintf(out->reason, sizeof out->reason,
                 "Domain %s does not accept mail (nullMX)",
                 out->records->owner);
        return;
    }
    while (*link != NULL)
        if ((*link)->target[0] == '\0')
            *link = (*link)->next;
        else
            link = &(*link)->next;
    if (out->records == NULL)
        explain_bad_reply(out, DNS_INVALID, out->canonical, DNS_MX);
}

void dns_query(struct arena *arena, const char *name, enum dns_type type,
               unsigned flags, struct dns_answer *out)
{
    struct exchange x = { .type = type, .flags = flags };
    int aliases = 0;

    *out = (struct dns_answer) { .canonical = arena_strdup(arena, name),
                                 .secure = (flags & DNS_WANT_SECURE) != 0 };
    if (*name == '\0' || strlen(name) >= NS_MAXDNAME ||
        (needs_host_owner(type) && !domain_is_hostname(name))) {
        explain(out, DNS_NOT_FOUND, name, type,
                "invalid host or domain name");
        return;
    }
    x.reply = mem_alloc(REPLY_MAX);
    for (bool done = false; !done;) {
        x.name = out->canonical;
        offload(exchange_run, &x);
        if (x.length >= 0 && x.length <= REPLY_MAX) {
            done = read_reply(arena, &x, &aliases, out);
        } else {
            explain_error(out, out->canonical, type, x.error);
            done = true;
        }
    }
    free(x.reply);
    if (out->status != DNS_OK)
        out->secure = false;
    else if (type == DNS_MX)
        check_null_mx(out);
}
