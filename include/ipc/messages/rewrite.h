/* SPDX-License-Identifier: ISC
 *
 * rewrite.h - private/rewrite: addresses to standard form, and to
 * (transport, nexthop, recipient).
 */
#ifndef IPC_MESSAGES_REWRITE_H
#define IPC_MESSAGES_REWRITE_H

#include "ipc/schema.h"

/* request "rewrite"; rule is "local" or "remote" (rewrite context), the address
 * in external form, that of the reply in internal form */
#define REWRITE_REQUEST(M, FIELD) \
    FIELD(M, STR, rule)           \
    FIELD(M, STR, address)
IPC_MESSAGE(rewrite_request, REWRITE_REQUEST)

/* status 0: ok; 1: try again later */
#define REWRITE_REPLY(M, FIELD) \
    FIELD(M, INT, status)       \
    FIELD(M, STR, address)
IPC_MESSAGE(rewrite_reply, REWRITE_REPLY)

/* requests "resolve" and "verify" (the latter with address_verify_* routing) */
#define RESOLVE_REQUEST(M, FIELD) \
    FIELD(M, STR, sender)         \
    FIELD(M, STR, address)
IPC_MESSAGE(resolve_request, RESOLVE_REQUEST)

enum {
    RESOLVE_FINAL = 1 << 0,      /* in mydestination or the like */
    RESOLVE_ROUTED = 1 << 1,     /* a local part with routing in it */
    RESOLVE_BAD = 1 << 2,        /* unparsable */
    RESOLVE_FAILED = 1 << 3,     /* a lookup failed: try later */
    RESOLVE_CLASS_LOCAL = 1 << 8,
    RESOLVE_CLASS_ALIAS = 1 << 9,
    RESOLVE_CLASS_VIRTUAL = 1 << 10,
    RESOLVE_CLASS_RELAY = 1 << 11,
    RESOLVE_CLASS_DEFAULT = 1 << 12,
    RESOLVE_CLASS_MASK = 0x1f << 8,
};
#define RESOLVE_REPLY(M, FIELD) \
    FIELD(M, STR, transport)    \
    FIELD(M, STR, nexthop)      \
    FIELD(M, STR, recipient)    \
    FIELD(M, INT, flags)
IPC_MESSAGE(resolve_reply, RESOLVE_REPLY)

#endif
