/* SPDX-License-Identifier: ISC
 *
 * interfaces.h - the network addresses of this system, as inet_interfaces and
 * inet_protocols select them.
 */
#ifndef CONFIG_INTERFACES_H
#define CONFIG_INTERFACES_H

#include "base/addr.h"
#include "base/array.h"
#include "base/error.h"

struct interface {
    struct addr addr;
    int bits; /* of the network's prefix; 32 or 128 if it is not known */
};

struct interfaces {
    ARRAY_OF(struct interface);
};

/* <selection>: "all", "loopback-only", or addresses and host names;
 * <protocols>: "all", "ipv4", "ipv6" or both. Names are resolved, so this may
 * block. The caller frees with ARRAY_FREE. False and <why>, if a name or a
 * protocol is unknown. */
bool interfaces_list(const char *selection, const char *protocols,
                     struct interfaces *out, struct error *why);

#endif
