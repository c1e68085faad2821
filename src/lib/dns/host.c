/* SPDX-License-Identifier: ISC
 *
 * host.c - names and addresses as the system's name service has them.
 */
#include <arpa/inet.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>

#include "base/io.h"
#include "base/log.h"
#include "base/text.h"
#include "dns/query.h"
#include "mail/address.h"

static enum dns_status status_of(int error)
{
    switch (error) {
    case 0:
        return DNS_OK;
    case EAI_NONAME:
#if defined(EAI_NODATA) && EAI_NODATA != EAI_NONAME
    case EAI_NODATA:
#endif
        return DNS_NOT_FOUND;
    case EAI_AGAIN:
    case EAI_MEMORY:
    case EAI_SYSTEM:
        return DNS_RETRY;
    default:
        return DNS_FAILED;
    }
}

struct name_call {
    const struct addr *addr;
    char name[NI_MAXHOST];
    int error;
};

static void name_run(void *argument)
{
    struct name_call *call = argument;

    call->error = getnameinfo(&call->addr->generic, call->addr->length,
                              call->name, sizeof call->name, NULL, 0,
                              NI_NAMEREQD);
}

const char *host_name_of(struct arena *arena, const struct addr *addr,
                         enum dns_status *status)
{
    struct name_call call = { .addr = addr };

    offload(name_run, &call);
    *status = status_of(call.error);
    if (*status != DNS_OK)
        return NULL;
    if (domain_is_literal_ipv4(call.name) ||
        domain_is_literal_ipv6(call.name) ||
        !domain_is_hostname(call.name)) {
        char text[ADDR_TEXT_SIZE];
        log_warning("malformed domain name in name service reply for %s: %s",
                    addr_format(addr, text),
                    text_printable(call.name, '?', false));
        *status = DNS_NOT_FOUND;
        return NULL;
    }
    return arena_strdup(arena, call.name);
}

struct address_call {
    const char *name;
    struct addrinfo hints, *result;
    int error;
};

static void address_run(void *argument)
{
    struct address_call *call = argument;

    call->error = getaddrinfo(call->name, NULL, &call->hints, &call->result);
}

static struct dns_record *record_of(struct arena *arena, const char *name,
                                    const struct addrinfo *info)
{
    struct dns_record *record = ARENA_NEW(arena, struct dns_record);

    record->owner = arena_strdup(arena, name);
    record->type = info->ai_family == AF_INET6 ? DNS_AAAA : DNS_A;
    memcpy(&record->address.storage, info->ai_addr, info->ai_addrlen);
    record->address.length = info->ai_addrlen;
    return record;
}

enum dns_status host_addresses(struct arena *arena, const char *name,
                               int family, struct dns_record **records,
                               struct error *why)
{
    struct address_call call = { .name = name };
    struct dns_record **end = records;

    *records = NULL;
    call.hints.ai_family = family == 0 ? AF_UNSPEC : family;
    call.hints.ai_socktype = SOCK_STREAM;
    offload(address_run, &call);
    if (call.error != 0) {
        error_set(why, "%s", gai_strerror(call.error));
        return status_of(call.error);
    }
    for (struct addrinfo *p = call.result; p != NULL; p = p->ai_next) {
        if (p->ai_family != AF_INET && p->ai_family != AF_INET6)
            continue;
        *end = record_of(arena, name, p);
        end = &(*end)->next;
    }
    freeaddrinfo(call.result);
    if (*records != NULL)
        return DNS_OK;
    error_set(why, "no address of a usable kind");
    return DNS_NO_DATA;
}

const char *dns_reverse_name(struct arena *arena, const struct addr *addr,
                             const char *suffix4, const char *suffix6)
{
    if (addr_family(addr) == AF_INET) {
        const unsigned char *b =
            (const unsigned char *)&addr->in4.sin_addr.s_addr;
        return arena_printf(arena, "%u.%u.%u.%u.%s", b[3], b[2], b[1], b[0],
                            suffix4);
    }
    char digits[65];
    for (int i = 0; i < 16; i++) {
        static const char hex[] = "0123456789abcdef";
        unsigned byte = addr->in6.sin6_addr.s6_addr[15 - i];
        digits[4 * i] = hex[byte & 15];
        digits[4 * i + 1] = digits[4 * i + 3] = '.';
        digits[4 * i + 2] = hex[byte >> 4];
    }
    digits[64] = '\0';
    return arena_printf(arena, "%s%s", digits, suffix6);
}
