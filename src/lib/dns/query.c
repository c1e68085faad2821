/* SPDX-License-Identifier: ISC
 *
 * query.c - DNS queries through libresolv.
 *
 * The resolver library only moves packets; reply.c decides what they say.
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
#include "base/str.h"
#include "dns_private.h"
#include "mail/address.h"

enum { REPLY_MAX = 65535, STATE_LIFE_S = 60 };

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
    struct dns_exchange *x = argument;
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
        dns_explain_bad_reply(out, DNS_INVALID, out->canonical, DNS_MX);
}

void dns_query(struct arena *arena, const char *name, enum dns_type type,
               unsigned flags, struct dns_answer *out)
{
    struct dns_exchange x = { .type = type, .flags = flags };
    int aliases = 0;

    *out = (struct dns_answer) { .canonical = arena_strdup(arena, name),
                                 .secure = (flags & DNS_WANT_SECURE) != 0 };
    if (*name == '\0' || strlen(name) >= NS_MAXDNAME ||
        (dns_type_has_host_owner(type) && !domain_is_hostname(name))) {
        dns_explain(out, DNS_NOT_FOUND, name, type,
                    "invalid host or domain name");
        return;
    }
    x.reply = mem_alloc(REPLY_MAX);
    for (bool done = false; !done;) {
        x.name = out->canonical;
        offload(exchange_run, &x);
        if (x.length >= 0 && x.length <= REPLY_MAX) {
            done = dns_reply_read(arena, &x, &aliases, out);
        } else {
            dns_explain_error(out, out->canonical, type, x.error);
            done = true;
        }
    }
    free(x.reply);
    if (out->status != DNS_OK)
        out->secure = false;
    else if (type == DNS_MX)
        check_null_mx(out);
}
