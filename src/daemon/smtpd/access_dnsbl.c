/* SPDX-License-Identifier: ISC
 *
 * access_dnsbl.c - lists in the DNS: of addresses and of names.
 *
 * A list answers with an address; "domain=pattern" accepts only those that
 * the pattern has: four fields, each a number or "[n;n..n]".
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "access.h"
#include "base/expand.h"
#include "base/log.h"
#include "base/text.h"
#include "dns/query.h"
#include "mail/address.h"
#include "mail/dsn.h"

/* ---- patterns ---- */

/* A number or range list inside [...]; *p is moved behind the ']'. */
static bool match_list_field(const char **p, long value)
{
    bool found = false;
    char *end;

    for ((*p)++; **p != '\0' && **p != ']';) {
        long low = strtol(*p, &end, 10);
        long high = low;
        if (end == *p)
            return false;
        if (strncmp(end, "..", 2) == 0)
            high = strtol(end + 2, &end, 10);
        found = found || (value >= low && value <= high);
        *p = *end == ';' ? end + 1 : end;
        if (*end != ';' && *end != ']')
            return false;
    }
    if (**p == ']')
        (*p)++;
    return found;
}

static bool match_address(const char *pattern, const struct addr *addr)
{
    const unsigned char *bytes = (const unsigned char *)&addr->in4.sin_addr;
    char *end;

    if (addr_family(addr) != AF_INET)
        return false;
    for (int i = 0; i < 4; i++) {
        if (*pattern == '[') {
            if (!match_list_field(&pattern, bytes[i]))
                return false;
        } else {
            if (strtol(pattern, &end, 10) != bytes[i] || end == pattern)
                return false;
            pattern = end;
        }
        if (*pattern != (i < 3 ? '.' : '\0'))
            return false;
        pattern++;
    }
    return true;
}

/* ---- queries ---- */

struct listing {
    const char *domain;  /* of the list, without pattern */
    const char *given;   /* with it */
    const char *query;   /* what was asked */
    const char *what;    /* client address or name, for the reply */
    const char *class_name;
};

/* Is the query listed? Without a pattern, by any address. */
static enum answer is_listed(struct access *a, struct listing *l)
{
    struct dns_answer answer;
    const char *pattern = strchr(l->given, '=');

    l->domain = pattern ? arena_strndup(a->s->line_arena, l->given,
                                        (size_t)(pattern - l->given))
                        : l->given;
    l->query = arena_printf(a->s->line_arena, "%s%s", l->query, l->domain);
    dns_query(a->s->line_arena, l->query, DNS_A, 0, &answer);
    if (answer.status == DNS_RETRY || answer.status == DNS_FAILED ||
        answer.status == DNS_FILTERED) {
        log_warning("%s: RBL lookup error: %s", l->query, answer.reason);
        return FAILED;
    }
    if (answer.status != DNS_OK)
        return ABSENT;
    if (pattern == NULL)
        return FOUND;
    for (struct dns_record *r = answer.records; r != NULL; r = r->next)
        if (match_address(pattern + 1, &r->address))
            return FOUND;
    return ABSENT;
}

/* ---- the reply ---- */

struct reply_context {
    struct access *a;
    const struct listing *l;
    const char *code, *reason;
};

static const char *reply_value(const char *name, void *context)
{
    const struct reply_context *c = context;
    const struct session *s = c->a->s;
    const struct {
        const char *name, *value;
    } values[] = {
        { "rbl_code", c->code },
        { "rbl_domain", c->l->domain },
        { "rbl_reason", c->reason },
        { "rbl_what", c->l->what },
        { "rbl_class", c->l->class_name },
        { "rbl_txt", c->reason },
        { "client", s->peer.label },
        { "client_address", s->peer.address },
        { "client_name", s->peer.name },
        { "reverse_client_name", s->peer.reverse_name },
        { "helo_name", s->helo ? s->helo : "" },
        { "sender", s->mail.active ? s->mail.sender : "" },
        { "recipient", s->recipient ? s->recipient : "" },
    };

    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        if (strcmp(values[i].name, name) == 0)
            return values[i].value;
    return NULL;
}

static const char *reason_of(struct access *a, const struct listing *l)
{
    struct dns_answer answer;

    dns_query(a->s->line_arena, l->query, DNS_TXT, 0, &answer);
    if (answer.status == DNS_FILTERED)
        log_warning("%s: TXT lookup error: %s", l->query, DNS_FILTERED_TEXT);
    if (answer.status != DNS_OK)
        return "";
    return text_printable((char *)(size_t)answer.records->data, '?', true);
}

/* By the name as written in the list, then by the bare domain. */
static const char *template_for(struct access *a, const struct listing *l)
{
    struct str value = STR_EMPTY;
    const char *text = smtpd_params.default_rbl_reply;

    if (!maps_is_empty(settings()->rbl_replies) &&
        (maps_get(settings()->rbl_replies, l->given, false, &value) ==
             FOUND ||
         maps_get(settings()->rbl_replies, l->domain, false, &value) ==
             FOUND))
        text = arena_strdup(a->s->line_arena, value.data);
    str_fini(&value);
    return text;
}

static enum access_result refuse(struct access *a, const struct listing *l)
{
    struct arena *arena = a->s->line_arena;
    int code = (int)smtpd_params.maps_rbl_reject_code;
    struct reply_context context = {
        a, l, arena_printf(arena, "%d", code), reason_of(a, l)
    };
    const struct expand_options options = {
        .lookup = reply_value, .context = &context,
        .filter = settings()->expansion_filter,
    };
    struct str text = STR_EMPTY;
    struct error why = ERROR_NONE;
    struct dsn dsn;

    if (!expand_text(&text, template_for(a, l), &options, NULL, &why))
        log_warning("rbl reply template: %s", why.text);
    const char *words = text.data;
    if (strlen(words) > 4 && isdigit((unsigned char)words[0]) &&
        isdigit((unsigned char)words[1]) && isdigit((unsigned char)words[2]) &&
        words[3] == ' ') {
        code = atoi(words);
        words += 4;
    }
    dsn_split(arena, code / 100 == 4 ? "4.7.1" : "5.7.1", words, &dsn);
    enum access_result result =
        access_reject(a, code, dsn.status, "%s", dsn.reason);
    str_fini(&text);
    return result;
}

/* ---- the restrictions ---- */

static const char *address_prefix(struct access *a)
{
    return dns_reverse_name(a->s->line_arena, &a->s->peer.addr, "", "");
}

/* The query's front; NULL: the name is none that a list can have. */
static const char *name_prefix(struct access *a, const char *name)
{
    if (name == NULL || strcmp(name, "unknown") == 0 || *name == '[' ||
        !domain_is_hostname(name))
        return NULL;
    return arena_printf(a->s->line_arena, "%s.", name);
}

static enum access_result reject_listed(struct access *a, const char *given,
                                        const char *prefix, const char *what,
                                        const char *class_name)
{
    struct listing l = { .given = given, .query = prefix, .what = what,
                         .class_name = class_name };

    if (prefix == NULL)
        return ACCESS_DUNNO;
    /* An error of a list is no reason to refuse or to defer mail. */
    return is_listed(a, &l) == FOUND ? refuse(a, &l) : ACCESS_DUNNO;
}

enum access_result check_rbl_client(struct access *a, const char *argument)
{
    return reject_listed(a, argument, address_prefix(a), a->s->peer.address,
                         "Client host");
}

enum access_result check_rhsbl_client(struct access *a, const char *argument)
{
    return reject_listed(a, argument, name_prefix(a, a->s->peer.name),
                         a->s->peer.name, "Client host");
}

enum access_result check_rhsbl_reverse_client(struct access *a,
                                              const char *argument)
{
    return reject_listed(a, argument, name_prefix(a, a->s->peer.reverse_name),
                         a->s->peer.reverse_name, "Unverified Client host");
}

enum access_result check_rhsbl_helo(struct access *a, const char *argument)
{
    return reject_listed(a, argument, name_prefix(a, a->s->helo), a->s->helo,
                         "Helo command");
}

enum access_result check_rhsbl_sender(struct access *a, const char *argument)
{
    return reject_listed(
        a, argument, name_prefix(a, address_domain(a->s->mail.sender)),
        a->s->mail.sender, "Sender address");
}

enum access_result check_rhsbl_recipient(struct access *a,
                                         const char *argument)
{
    return reject_listed(a, argument,
                         name_prefix(a, address_domain(a->s->recipient)),
                         a->s->recipient, "Recipient address");
}

/* Who is on a good list may write to us, but not relay by us. */
static enum access_result permit_listed(struct access *a, const char *given,
                                        const char *prefix, const char *what)
{
    struct listing l = { .given = given, .query = prefix };

    if (prefix == NULL)
        return ACCESS_DUNNO;
    switch (is_listed(a, &l)) {
    case FOUND:
        return a->s->recipient == NULL
                   ? ACCESS_OK
                   : check_permit_auth_destination(a, NULL);
    case ABSENT:
        break;
    case FAILED:
        access_defer_if_reject(
            a, 450, "4.7.1",
            "<%s>: Client host rejected: Service unavailable", what);
        break;
    }
    return ACCESS_DUNNO;
}

enum access_result check_dnswl_client(struct access *a, const char *argument)
{
    return permit_listed(a, argument, address_prefix(a), a->s->peer.address);
}

enum access_result check_rhswl_client(struct access *a, const char *argument)
{
    return permit_listed(a, argument, name_prefix(a, a->s->peer.name),
                         a->s->peer.name);
}
