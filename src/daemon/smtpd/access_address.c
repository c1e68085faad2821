/* SPDX-License-Identifier: ISC
 *
 * access_address.c - restrictions on sender and recipient.
 */
#include <string.h>

#include "access.h"
#include "base/log.h"
#include "base/text.h"
#include "client/resolve.h"
#include "dns/query.h"
#include "mail/address.h"
#include "old_defaults.h"

static const char sender_class[] = "Sender address";
static const char recipient_class[] = "Recipient address";

/* Domains that this system takes mail for. */
static const int64_t authorized_classes =
    RESOLVE_CLASS_LOCAL | RESOLVE_CLASS_ALIAS | RESOLVE_CLASS_VIRTUAL |
    RESOLVE_CLASS_RELAY;

/* ---- tables ---- */

enum access_result check_sender_table(struct access *a, const char *argument)
{
    const char *sender = a->s->mail.sender;

    if (*sender != '\0')
        return access_map_mail(a, argument, sender, sender, sender_class);
    return access_map_exact(a, argument,
                            smtpd_params.smtpd_null_access_lookup_key, sender,
                            sender_class);
}

enum access_result check_recipient_table(struct access *a,
                                         const char *argument)
{
    return access_map_mail(a, argument, a->s->recipient, a->s->recipient,
                           recipient_class);
}

/* ---- fully qualified ---- */

static enum access_result check_non_fqdn(struct access *a,
                                         const char *address,
                                         const char *class_name)
{
    const char *domain = address_domain(address);

    if (domain != NULL && *domain != '\0' &&
        (*domain == '[' || (domain_is_hostname(domain) &&
                            strchr(domain, '.') != NULL)))
        return ACCESS_DUNNO;
    return access_reject(a, (int)smtpd_params.non_fqdn_reject_code, "4.5.2",
                         "<%s>: %s rejected: need fully-qualified address",
                         address, class_name);
}

enum access_result check_non_fqdn_sender(struct access *a,
                                         const char *argument)
{
    (void)argument;
    return check_non_fqdn(a, a->s->mail.sender, sender_class);
}

enum access_result check_non_fqdn_recipient(struct access *a,
                                            const char *argument)
{
    (void)argument;
    if (text_equal_nocase(a->s->recipient, "postmaster"))
        return ACCESS_DUNNO;
    return check_non_fqdn(a, a->s->recipient, recipient_class);
}

/* ---- domains that exist ---- */

struct domain_question {
    const char *address, *class_name;
    const char *dsn, *null_mx_dsn;
    int null_mx_code;
};

static enum access_result domain_lookup_failed(struct access *a,
                                               const char *address)
{
    return access_trouble(a, "451 4.3.0 <%s>: Temporary lookup failure",
                          address);
}

/* How much a failure counts beside others. */
static int weight(enum dns_status status)
{
    switch (status) {
    case DNS_FILTERED:
        return 3;
    case DNS_RETRY:
        return 2;
    case DNS_INVALID:
    case DNS_FAILED:
        return 1;
    case DNS_OK:
    case DNS_NULL_MX:
    case DNS_NOT_FOUND:
    case DNS_NO_DATA:
        return 0;
    }
    return 0;
}

/* The first of MX, A, AAAA that exists, or the worst that happened. Where the
 * mail servers are filtered out, addresses do not matter. */
static enum dns_status mail_host_status(struct access *a, const char *domain)
{
    static const enum dns_type types[] = { DNS_MX, DNS_A, DNS_AAAA };
    struct dns_answer answer;
    enum dns_status status = DNS_NOT_FOUND;

    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        dns_query(a->s->line_arena, domain, types[i], 0, &answer);
        if (answer.status == DNS_OK || answer.status == DNS_NULL_MX)
            return answer.status;
        if (weight(answer.status) >= weight(status) &&
            weight(answer.status) > 0)
            status = answer.status;
        if (types[i] == DNS_MX && status == DNS_FILTERED)
            break;
    }
    return status;
}

static enum access_result refuse_domain(struct access *a,
                                        const struct domain_question *q,
                                        const char *problem)
{
    return access_reject(a, (int)smtpd_params.unknown_address_reject_code,
                         q->dsn, "<%s>: %s rejected: %s", q->address,
                         q->class_name, problem);
}

static enum access_result judge_domain(struct access *a,
                                       const struct domain_question *q,
                                       const char *domain)
{
    static const char not_found[] = "Domain not found";

    switch (mail_host_status(a, domain)) {
    case DNS_OK:
        return ACCESS_DUNNO;
    case DNS_NULL_MX:
        return access_reject(a, q->null_mx_code, q->null_mx_dsn,
                             "<%s>: %s rejected: Domain %s does not accept "
                             "mail (nullMX)",
                             q->address, q->class_name, domain);
    case DNS_RETRY:
        return access_tempfail(
            a, smtpd_params.unknown_address_tempfail_action, q->dsn,
            arena_printf(a->s->line_arena, "<%s>: %s rejected: %s",
                         q->address, q->class_name, not_found));
    case DNS_FILTERED:
        log_warning("%s: MX or address lookup error: %s", domain,
                    DNS_FILTERED_TEXT);
        return ACCESS_DUNNO;
    case DNS_INVALID:
        return refuse_domain(a, q, "Malformed DNS server reply");
    case DNS_NOT_FOUND:
    case DNS_NO_DATA:
    case DNS_FAILED:
        break;
    }
    return refuse_domain(a, q, not_found);
}

static enum access_result check_domain(struct access *a,
                                       const struct domain_question *q)
{
    struct resolve_reply resolved;

    if (!address_resolve(a->s, q->address, &resolved))
        return domain_lookup_failed(a, q->address);
    const char *domain = address_domain(resolved.recipient);
    if (domain == NULL || *domain == '[' ||
        (resolved.flags & authorized_classes))
        return ACCESS_DUNNO;
    return judge_domain(a, q, domain);
}

enum access_result check_unknown_sender_domain(struct access *a,
                                               const char *argument)
{
    (void)argument;
    return check_domain(a, &(struct domain_question) {
        .address = a->s->mail.sender, .class_name = sender_class,
        .dsn = "4.1.8", .null_mx_dsn = "4.7.27", .null_mx_code = 550 });
}

enum access_result check_unknown_recipient_domain(struct access *a,
                                                  const char *argument)
{
    (void)argument;
    return check_domain(a, &(struct domain_question) {
        .address = a->s->recipient, .class_name = recipient_class,
        .dsn = "4.1.2", .null_mx_dsn = "4.1.10", .null_mx_code = 556 });
}

/* ---- users that exist ---- */

enum access_result check_unlisted_sender(struct access *a,
                                         const char *argument)
{
    (void)argument;
    return access_unlisted(a, a->s->mail.sender, UNLISTED_SENDER);
}

enum access_result check_unlisted_recipient(struct access *a,
                                            const char *argument)
{
    (void)argument;
    return access_unlisted(a, a->s->recipient, UNLISTED_RECIPIENT);
}

/* ---- owners of addresses ---- */

/* Where nobody can log in, nobody is asked to. */
static bool has_logins(const struct access *a)
{
    if (!smtpd_params.smtpd_sasl_auth_enable)
        log_warning("restriction `%s' ignored: no SASL support",
                    a->restriction);
    return smtpd_params.smtpd_sasl_auth_enable;
}

/* Of a client that is logged in: there is none yet. */
enum access_result check_login_match(struct access *a, const char *argument)
{
    (void)argument;
    has_logins(a);
    return ACCESS_DUNNO;
}

/* An address that has an owner may not be used by who is not logged in. */
enum access_result check_login_mismatch(struct access *a,
                                        const char *argument)
{
    const char *sender = a->s->mail.sender;

    (void)argument;
    if (!has_logins(a))
        return ACCESS_DUNNO;
    switch (address_has_owner(a->s, sender)) {
    case FOUND:
        return access_reject(a, 553, "5.7.1",
                             "<%s>: %s rejected: not logged in", sender,
                             sender_class);
    case ABSENT:
        return ACCESS_DUNNO;
    case FAILED:
        return domain_lookup_failed(a, sender);
    }
    return ACCESS_DUNNO;
}

/* ---- relaying ---- */

/* Is the recipient one that this system takes mail for? FAILED: a table did
 * not answer. */
static enum answer is_authorized_destination(struct access *a)
{
    struct resolve_reply resolved;

    if (!address_resolve(a->s, a->s->recipient, &resolved))
        return FAILED;
    if (address_domain(resolved.recipient) == NULL)
        return FOUND;
    /* "user%elsewhere@here": relaying in disguise. */
    if ((resolved.flags & RESOLVE_ROUTED) &&
        !smtpd_params.allow_untrusted_routing)
        return ABSENT;
    if (!(resolved.flags & (RESOLVE_FINAL | authorized_classes)))
        return ABSENT;
    if (resolved.flags & RESOLVE_CLASS_RELAY)
        old_defaults_note_relay_domain(address_domain(resolved.recipient));
    return FOUND;
}

/* The relay restrictions of new, for what they would say. */
void access_try_relay_restrictions(struct access *a)
{
    if (old_defaults_relay_restrictions() &&
        check_mynetworks(a, NULL) == ACCESS_DUNNO &&
        is_authorized_destination(a) == ABSENT)
        old_defaults_note_relay_restrictions(a->s);
}

enum access_result check_permit_auth_destination(struct access *a,
                                                 const char *argument)
{
    (void)argument;
    switch (is_authorized_destination(a)) {
    case FOUND:
        return ACCESS_OK;
    case ABSENT:
        return ACCESS_DUNNO;
    case FAILED:
        return domain_lookup_failed(a, a->s->recipient);
    }
    return ACCESS_DUNNO;
}

static enum access_result refuse_relay(struct access *a, int code)
{
    switch (is_authorized_destination(a)) {
    case FOUND:
        return ACCESS_DUNNO;
    case ABSENT:
        return access_reject(a, code, "5.7.1", "<%s>: Relay access denied",
                             a->s->recipient);
    case FAILED:
        return domain_lookup_failed(a, a->s->recipient);
    }
    return ACCESS_DUNNO;
}

enum access_result check_reject_unauth_destination(struct access *a,
                                                   const char *argument)
{
    (void)argument;
    return refuse_relay(a, (int)smtpd_params.relay_domains_reject_code);
}

enum access_result check_defer_unauth_destination(struct access *a,
                                                  const char *argument)
{
    (void)argument;
    return refuse_relay(a, (int)smtpd_params.relay_domains_reject_code - 100);
}
