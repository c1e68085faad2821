/* SPDX-License-Identifier: ISC
 *
 * interfaces.c - the network addresses of this system.
 */
#include "config/interfaces.h"

#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netdb.h>
#include <string.h>

#include "base/text.h"

static int count_bits(const unsigned char *mask, size_t length)
{
    int bits = 0;
    for (size_t i = 0; i < length; i++)
        for (unsigned byte = mask[i]; byte != 0; byte &= byte - 1)
            bits++;
    return bits;
}

static int prefix_bits(const struct sockaddr *mask, int family)
{
    if (mask == NULL)
        return family == AF_INET ? 32 : 128;
    if (family == AF_INET) {
        const struct sockaddr_in *in4 = (const void *)mask;
        return count_bits((const void *)&in4->sin_addr, 4);
    }
    const struct sockaddr_in6 *in6 = (const void *)mask;
    return count_bits((const void *)&in6->sin6_addr, 16);
}

static bool protocol_bits(const char *protocols, bool *in4, bool *in6,
                          struct error *why)
{
    struct arena *arena = arena_new();
    size_t count;
    char **words = text_split(arena, protocols, NULL, &count);
    bool ok = true;

    *in4 = *in6 = false;
    for (size_t i = 0; ok && i < count; i++) {
        bool all = text_equal_nocase(words[i], "all");
        bool is4 = all || text_equal_nocase(words[i], "ipv4");
        bool is6 = all || text_equal_nocase(words[i], "ipv6");
        *in4 = *in4 || is4;
        *in6 = *in6 || is6;
        if (!is4 && !is6)
            ok = error_set(why, "parameter inet_protocols: unknown protocol "
                           "\"%s\"; specify all, ipv4 or ipv6", words[i]);
    }
    arena_free(arena);
    if (ok && !*in4 && !*in6)
        return error_set(why, "parameter inet_protocols is empty; specify "
                         "all, ipv4 or ipv6");
    return ok;
}

static bool is_wanted(const struct sockaddr *sa, bool in4, bool in6)
{
    return sa != NULL && ((sa->sa_family == AF_INET && in4) ||
                          (sa->sa_family == AF_INET6 && in6));
}

static void add(struct interfaces *list, const struct sockaddr *sa, int bits)
{
    struct interface found = { .bits = bits };

    found.addr.length = sa->sa_family == AF_INET
                            ? sizeof(struct sockaddr_in)
                            : sizeof(struct sockaddr_in6);
    memcpy(&found.addr.storage, sa, found.addr.length);
    for (size_t i = 0; i < list->count; i++)
        if (addr_equal(&list->items[i].addr, &found.addr))
            return;
    ARRAY_ADD(list, found);
}

/* IPv4 comes before IPv6. */
static bool list_local(struct interfaces *list, bool in4, bool in6,
                       struct error *why)
{
    struct ifaddrs *all;

    if (getifaddrs(&all) != 0)
        return error_set(why, "cannot list the network interfaces: %s",
                         strerror(errno));
    for (int family6 = 0; family6 <= 1; family6++)
        for (struct ifaddrs *at = all; at != NULL; at = at->ifa_next)
            if ((at->ifa_flags & IFF_UP) != 0 &&
                is_wanted(at->ifa_addr, in4 && !family6, in6 && family6))
                add(list, at->ifa_addr,
                    prefix_bits(at->ifa_netmask, at->ifa_addr->sa_family));
    freeifaddrs(all);
    return true;
}

static int known_bits(const struct interfaces *local,
                      const struct sockaddr *sa)
{
    struct interfaces one = ARRAY_EMPTY;
    int bits = sa->sa_family == AF_INET ? 32 : 128;

    add(&one, sa, bits);
    for (size_t i = 0; i < local->count; i++)
        if (addr_equal(&local->items[i].addr, &one.items[0].addr))
            bits = local->items[i].bits;
    ARRAY_FREE(&one);
    return bits;
}

static bool add_host(struct interfaces *list, const struct interfaces *local,
                     char *host, bool in4, bool in6, struct error *why)
{
    const struct addrinfo hints = { .ai_family = in4 && in6 ? AF_UNSPEC
                                                 : in4      ? AF_INET
                                                            : AF_INET6,
                                    .ai_socktype = SOCK_STREAM };
    struct addrinfo *found;
    size_t length = strlen(host);

    if (length > 2 && host[0] == '[' && host[length - 1] == ']') {
        host[length - 1] = '\0';
        host++;
    }
    int error = getaddrinfo(host, NULL, &hints, &found);
    if (error != 0)
        return error_set(why, "parameter inet_interfaces: no local interface "
                         "found for %s: %s; specify all, loopback-only, or "
                         "addresses of this system",
                         host, gai_strerror(error));
    for (struct addrinfo *at = found; at != NULL; at = at->ai_next)
        if (is_wanted(at->ai_addr, in4, in6))
            add(list, at->ai_addr, known_bits(local, at->ai_addr));
    freeaddrinfo(found);
    return true;
}

static bool select_from(const struct interfaces *local, const char *selection,
                        bool in4, bool in6, struct interfaces *out,
                        struct error *why)
{
    struct arena *arena = arena_new();
    size_t count;
    char **words = text_split(arena, selection, NULL, &count);
    bool ok = true;

    for (size_t w = 0; ok && w < count; w++) {
        bool all = text_equal_nocase(words[w], "all");
        if (!all && !text_equal_nocase(words[w], "loopback-only")) {
            ok = add_host(out, local, words[w], in4, in6, why);
            continue;
        }
        for (size_t i = 0; i < local->count; i++)
            if (all || addr_is_loopback(&local->items[i].addr))
                add(out, &local->items[i].addr.generic,
                    local->items[i].bits);
    }
    arena_free(arena);
    return ok;
}

bool interfaces_list(const char *selection, const char *protocols,
                     struct interfaces *out, struct error *why)
{
    struct interfaces local = ARRAY_EMPTY;
    bool in4, in6;

    *out = (struct interfaces)ARRAY_EMPTY;
    bool ok = protocol_bits(protocols, &in4, &in6, why) &&
              list_local(&local, in4, in6, why) &&
              select_from(&local, selection, in4, in6, out, why);
    ARRAY_FREE(&local);
    return ok;
}
