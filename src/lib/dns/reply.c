/* SPDX-License-Identifier: ISC
 *
 * reply.c - what a name server's reply says.
 *
 * Records count only if their owner is the name that was asked for, or what
 * CNAME records in the same reply lead to from there, and if the names in
 * them are names of hosts. Anything else came by mistake or malice.
 */
#include <arpa/nameser.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "dns_private.h"
#include "mail/address.h"

enum { CNAMES_MAX = 10, RECORDS_MAX = 100 };

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

static void reject_target(struct reading *r, enum dns_type type,
                          const char *target)
{
    char shown[256];

    snprintf(shown, sizeof shown, "%s", target);
    log_warning("malformed domain name in resource data of %s record for %s: "
                "%s",
                dns_type_name(type), r->want,
                text_printable(shown, '?', false));
    r->invalid = true;
}

/* A host name in a record. */
static bool set_target(struct reading *r, struct dns_record *record,
                       const unsigned char *data)
{
    record->target = expand_name(r, data);
    if (record->target == NULL)
        return false;
    if (is_good_target(record))
        return true;
    reject_target(r, r->type, record->target);
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
        if (target != NULL && (!dns_type_has_host_owner(r->type) ||
                               domain_is_hostname(target)))
            return target;
        if (target != NULL)
            reject_target(r, DNS_CNAME, target);
        r->malformed = true;
        return NULL;
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

/* What was collected, as an answer. False: there is nothing. */
static bool conclude(struct reading *r)
{
    struct dns_answer *out = r->out;

    if (r->filter_failed) {
        out->records = NULL;
        dns_explain_filter(out, DNS_RETRY, r->want, r->type,
                           "Invalid DNS reply filter syntax",
                           "Invalid DNS reply filter syntax");
    } else if (out->records != NULL) {
        out->status = DNS_OK;
    } else if (r->filtered) {
        dns_explain_filter(out, DNS_FILTERED, r->want, r->type,
                           "DNS reply filter policy", DNS_FILTERED_TEXT);
    } else if (r->malformed) {
        dns_explain_bad_reply(out, r->invalid ? DNS_INVALID : DNS_RETRY,
                              r->want, r->type);
    } else {
        return false;
    }
    return true;
}

bool dns_reply_read(struct arena *arena, const struct dns_exchange *x,
                    int *aliases, struct dns_answer *out)
{
    enum dns_type type = x->type;
    struct reading r = { .arena = arena, .out = out, .type = type,
                         .want = out->canonical, .end = &out->records };
    const char *alias;

    if (ns_initparse(x->reply, x->length, &r.message) != 0) {
        dns_explain_bad_reply(out, DNS_RETRY, r.want, type);
        return true;
    }
    if (x->flags & (DNS_SEARCH | DNS_DEFNAMES))
        take_searched_name(&r);
    out->rcode = (int)ns_msg_getflag(r.message, ns_f_rcode);
    out->secure = out->secure && ns_msg_getflag(r.message, ns_f_ad);
    bool moved = false;
    while (type != DNS_CNAME && (alias = find_alias(&r)) != NULL) {
        if (++*aliases > CNAMES_MAX) {
            dns_explain_loop(out, r.want);
            return true;
        }
        r.want = out->canonical = alias;
        moved = true;
    }
    collect(&r);
    if (conclude(&r))
        return true;
    dns_explain_error(out, r.want, type, NO_DATA);
    return !moved;
}
