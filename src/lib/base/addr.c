/* SPDX-License-Identifier: ISC
 *
 * addr.c - network addresses as text and back.
 *
 * Only numbers: names are the business of the resolver. A zone ("%eth0") is
 * neither read nor written, since it means nothing to another host.
 */
#include "base/addr.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static void set_in4(struct addr *out, struct in_addr address, int port)
{
    memset(out, 0, sizeof *out);
    out->in4.sin_family = AF_INET;
    out->in4.sin_addr = address;
    out->in4.sin_port = htons((in_port_t)port);
    out->length = sizeof out->in4;
}

static void set_in6(struct addr *out, const struct in6_addr *address, int port)
{
    memset(out, 0, sizeof *out);
    out->in6.sin6_family = AF_INET6;
    out->in6.sin6_addr = *address;
    out->in6.sin6_port = htons((in_port_t)port);
    out->length = sizeof out->in6;
}

/* Copy <text> without surrounding brackets. False if it is too long or the
 * brackets do not match. */
static bool strip_brackets(const char *text, char *out, size_t size)
{
    size_t length = strlen(text);

    if (text[0] == '[') {
        if (length < 2 || text[length - 1] != ']')
            return false;
        text++;
        length -= 2;
    }
    if (length >= size)
        return false;
    memcpy(out, text, length);
    out[length] = '\0';
    return true;
}

bool addr_parse(const char *text, int port, struct addr *out)
{
    static const char tag[] = "ipv6:";
    char bare[ADDR_TEXT_SIZE];
    struct in_addr in4;
    struct in6_addr in6;

    if (!strip_brackets(text, bare, sizeof bare))
        return false;
    if (inet_pton(AF_INET, bare, &in4) == 1) {
        set_in4(out, in4, port);
        return true;
    }
    bool tagged = strncasecmp(bare, tag, sizeof tag - 1) == 0;
    if (inet_pton(AF_INET6, tagged ? bare + sizeof tag - 1 : bare, &in6) != 1)
        return false;
    set_in6(out, &in6, port);
    return true;
}

bool addr_unix(const char *path, struct addr *out, struct error *why)
{
    size_t length = strlen(path);

    if (length >= sizeof out->un.sun_path)
        return error_set(why, "unix-domain name too long: %s", path);
    memset(out, 0, sizeof *out);
    out->un.sun_family = AF_UNIX;
    memcpy(out->un.sun_path, path, length + 1);
    out->length = sizeof out->un;
    return true;
}

const char *addr_format(const struct addr *addr, char out[ADDR_TEXT_SIZE])
{
    switch (addr_family(addr)) {
    case AF_INET:
        return inet_ntop(AF_INET, &addr->in4.sin_addr, out, ADDR_TEXT_SIZE);
    case AF_INET6:
        return inet_ntop(AF_INET6, &addr->in6.sin6_addr, out, ADDR_TEXT_SIZE);
    case AF_UNIX:
        /* The kernel need not end a path with a NUL. */
        snprintf(out, ADDR_TEXT_SIZE, "%.*s", (int)sizeof addr->un.sun_path - 1,
                 addr->un.sun_path);
        return out;
    default:
        snprintf(out, ADDR_TEXT_SIZE, "unknown");
        return out;
    }
}

int addr_port(const struct addr *addr)
{
    switch (addr_family(addr)) {
    case AF_INET: return ntohs(addr->in4.sin_port);
    case AF_INET6: return ntohs(addr->in6.sin6_port);
    default: return 0;
    }
}

int addr_family(const struct addr *addr)
{
    return addr->length == 0 ? AF_UNSPEC : addr->generic.sa_family;
}

bool addr_equal(const struct addr *a, const struct addr *b)
{
    if (addr_family(a) != addr_family(b))
        return false;
    switch (addr_family(a)) {
    case AF_INET: return a->in4.sin_addr.s_addr == b->in4.sin_addr.s_addr;
    case AF_INET6:
        return memcmp(&a->in6.sin6_addr, &b->in6.sin6_addr,
                      sizeof a->in6.sin6_addr) == 0;
    case AF_UNIX:
        return strncmp(a->un.sun_path, b->un.sun_path, sizeof a->un.sun_path) ==
               0;
    default: return true;
    }
}

bool addr_is_loopback(const struct addr *addr)
{
    struct addr plain = *addr;

    addr_unmap(&plain);
    switch (addr_family(&plain)) {
    case AF_INET:
        return ntohl(plain.in4.sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
    case AF_INET6: return IN6_IS_ADDR_LOOPBACK(&plain.in6.sin6_addr);
    default: return false;
    }
}

void addr_unmap(struct addr *addr)
{
    struct in_addr in4;

    if (addr_family(addr) != AF_INET6 ||
        !IN6_IS_ADDR_V4MAPPED(&addr->in6.sin6_addr))
        return;
    memcpy(&in4, addr->in6.sin6_addr.s6_addr + 12, sizeof in4);
    set_in4(addr, in4, addr_port(addr));
}

/* "1", "1.2" or "1.2.3": the octets given are the network. */
static bool parse_partial_in4(const char *text, struct addr_net *out)
{
    unsigned char bytes[4] = { 0 };
    size_t count = 0;

    for (;;) {
        unsigned value = 0, digits = 0;

        for (; *text >= '0' && *text <= '9'; text++, digits++)
            value = value * 10 + (unsigned)(*text - '0');
        if (digits == 0 || digits > 3 || value > 255 || count == 3)
            return false;
        bytes[count++] = (unsigned char)value;
        if (*text == '\0')
            break;
        if (*text++ != '.')
            return false;
    }
    memset(out, 0, sizeof *out);
    memcpy(out->bytes, bytes, sizeof bytes);
    out->family = AF_INET;
    out->bits = (int)count * 8;
    return true;
}

static bool parse_bits(const char *text, int max, int *bits)
{
    size_t length = strspn(text, "0123456789");

    if (length == 0 || length > 3 || text[length] != '\0')
        return false;
    *bits = atoi(text);
    return *bits <= max;
}

/* Clear the bits behind the prefix. Returns whether any was set. */
static bool clear_host_bits(struct addr_net *net)
{
    bool was_set = false;
    int size = net->family == AF_INET ? 4 : 16;

    for (int i = net->bits / 8; i < size; i++) {
        int keep = i == net->bits / 8 ? net->bits % 8 : 0;
        unsigned char mask = (unsigned char)(0xff00 >> keep);

        if ((net->bytes[i] & ~mask & 0xff) != 0)
            was_set = true;
        net->bytes[i] &= mask;
    }
    return was_set;
}

static bool refuse_host_bits(const char *text, const struct addr_net *net,
                             struct error *why)
{
    char proper[INET6_ADDRSTRLEN];

    inet_ntop(net->family, net->bytes, proper, sizeof proper);
    return error_set(why,
                     "non-null host address bits in \"%s\", "
                     "perhaps you should use \"%s%s%s/%d\" instead",
                     text, text[0] == '[' ? "[" : "", proper,
                     text[0] == '[' ? "]" : "", net->bits);
}

bool addr_net_parse(const char *text, struct addr_net *out, struct error *why)
{
    char host[ADDR_TEXT_SIZE];
    const char *slash = strchr(text, '/');
    size_t length = slash != NULL ? (size_t)(slash - text) : strlen(text);
    struct addr addr;

    if (length >= sizeof host)
        return error_set(why, "bad net/mask pattern: \"%.60s...\"", text);
    memcpy(host, text, length);
    host[length] = '\0';
    if (!addr_parse(host, 0, &addr)) {
        if (slash == NULL && parse_partial_in4(host, out))
            return true;
        return error_set(why, "bad net/mask pattern: \"%s\"", text);
    }
    memset(out, 0, sizeof *out);
    out->family = addr_family(&addr);
    if (out->family == AF_INET)
        memcpy(out->bytes, &addr.in4.sin_addr, 4);
    else
        memcpy(out->bytes, &addr.in6.sin6_addr, 16);
    int max = out->family == AF_INET ? 32 : 128;
    out->bits = max;
    if (slash != NULL && !parse_bits(slash + 1, max, &out->bits))
        return error_set(why, "bad net/mask pattern: \"%s\"", text);
    if (clear_host_bits(out))
        return refuse_host_bits(text, out, why);
    return true;
}

bool addr_net_has(const struct addr_net *net, const struct addr *addr)
{
    if (net->family != addr_family(addr))
        return false;

    const unsigned char *bytes = net->family == AF_INET
                                     ? (const void *)&addr->in4.sin_addr
                                     : (const void *)&addr->in6.sin6_addr;
    size_t whole = (size_t)net->bits / 8;
    int rest = net->bits % 8;

    if (memcmp(bytes, net->bytes, whole) != 0)
        return false;
    return rest == 0 || ((bytes[whole] ^ net->bytes[whole]) >> (8 - rest)) == 0;
}
