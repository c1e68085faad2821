/* SPDX-License-Identifier: ISC
 *
 * addr.h - network addresses as text and back.
 */
#ifndef BASE_ADDR_H
#define BASE_ADDR_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/error.h"

struct addr {
    union {
        struct sockaddr generic;
        struct sockaddr_in in4;
        struct sockaddr_in6 in6;
        struct sockaddr_un un;
        struct sockaddr_storage storage;
    };
    socklen_t length; /* 0: none */
};

#define ADDR_TEXT_SIZE 108 /* any address as text, with the NUL */

/* "1.2.3.4", "::1", "[::1]", "ipv6:::1" or "[ipv6:::1]" as RFC 5321 section
 * 4.1.3 writes it. No names. */
bool addr_parse(const char *text, int port, struct addr *out);
bool addr_unix(const char *path, struct addr *out, struct error *why);
/* "1.2.3.4" or "::1", the UNIX path, or "unknown". */
const char *addr_format(const struct addr *addr, char out[ADDR_TEXT_SIZE]);
int addr_port(const struct addr *addr);
int addr_family(const struct addr *addr);
bool addr_equal(const struct addr *a, const struct addr *b); /* not the port */
bool addr_is_loopback(const struct addr *addr);
/* IPv4-mapped IPv6 becomes IPv4. */
void addr_unmap(struct addr *addr);
/* A network "1.2.3.0/24", "[::1]/128", "1.2.3.4", "1.2.3", "[::1]". */
struct addr_net {
    unsigned char bytes[16];
    int family, bits;
};
bool addr_net_parse(const char *text, struct addr_net *out, struct error *why);
bool addr_net_has(const struct addr_net *net, const struct addr *addr);

#endif
