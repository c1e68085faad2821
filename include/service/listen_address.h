/* SPDX-License-Identifier: ISC
 *
 * listen_address.h - the addresses that an inet service of master.cf means.
 */
#ifndef SERVICE_LISTEN_ADDRESS_H
#define SERVICE_LISTEN_ADDRESS_H

#include <stdbool.h>

#include "base/addr.h"
#include "base/array.h"
#include "base/error.h"

struct listen_options {
    const char *inet_interfaces;
    const char *inet_protocols;
    const char *known_tcp_ports; /* "lmtp=24, smtps=submissions=465" */
};

struct listen_addresses {
    ARRAY_OF(struct addr);
    /* A family whose wildcard address the system need not have. */
    bool optional_in6;
    bool is_public; /* some address is no loopback address */
};

/* <service> is "port", "host:port", "[host]:port" or "::1:port"; host and
 * port are names or numbers. Without a host: all of inet_interfaces. The
 * caller frees with ARRAY_FREE. May ask the resolver. False and <why>. */
bool listen_addresses_find(const char *service,
                           const struct listen_options *options,
                           struct listen_addresses *out, struct error *why);

/* Cut "host:port" in place; <host> is "" if there is none. */
bool listen_address_split(char *text, char **host, char **port);

/* A port's number: from <known> ("a=b=25, c=24") first, then digits or
 * services(5). False: unknown. */
bool listen_port_find(const char *name, const char *known, int *port);

#endif
