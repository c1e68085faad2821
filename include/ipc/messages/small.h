/* SPDX-License-Identifier: ISC
 *
 * small.h - services with a handful of fields: flush, anvil, verify, scache,
 * proxymap, showq, tlsmgr.
 */
#ifndef IPC_MESSAGES_SMALL_H
#define IPC_MESSAGES_SMALL_H

#include "ipc/schema.h"

#define STATUS_REPLY(M, FIELD) FIELD(M, INT, status)
IPC_MESSAGE(status_reply, STATUS_REPLY)

/* public/flush: requests add, send_site, send_file, refresh, purge */
#define FLUSH_REQUEST(M, FIELD) \
    FIELD(M, STR, site)         \
    FIELD(M, STR, queue_id)
IPC_MESSAGE(flush_request, FLUSH_REQUEST)
enum { FLUSH_OK = 0, FLUSH_FAILED = 1, FLUSH_BAD = 2, FLUSH_UNKNOWN = 3,
       FLUSH_DENIED = 4 };

/* private/anvil: requests connect, disconnect, message, recipient, newtls,
 * auth, lookup; ident is "service:address" */
#define ANVIL_REQUEST(M, FIELD) FIELD(M, STR, ident)
IPC_MESSAGE(anvil_request, ANVIL_REQUEST)
#define ANVIL_REPLY(M, FIELD) \
    FIELD(M, INT, status)     \
    FIELD(M, INT, count)      \
    FIELD(M, INT, rate)       \
    FIELD(M, INT, mail)       \
    FIELD(M, INT, recipients) \
    FIELD(M, INT, newtls)     \
    FIELD(M, INT, auth)
IPC_MESSAGE(anvil_reply, ANVIL_REPLY)

/* private/verify: requests query, update */
enum { VERIFY_OK = 0, VERIFY_DEFER = 1, VERIFY_BOUNCE = 2, VERIFY_TODO = 3 };
#define VERIFY_REQUEST(M, FIELD)     \
    FIELD(M, STR, address)           \
    FIELD(M, INT, recipient_status)  \
    FIELD(M, STR, reason)
IPC_MESSAGE(verify_request, VERIFY_REQUEST)
#define VERIFY_REPLY(M, FIELD)       \
    FIELD(M, INT, status)            \
    FIELD(M, INT, recipient_status)  \
    FIELD(M, STR, reason)
IPC_MESSAGE(verify_reply, VERIFY_REPLY)

/* private/scache: an open session with a server is kept for others. It has the
 * label of its server, and is known by labels of sites, too. Requests: save
 * (status: 0 kept), find_site and find_server (scache_found). <session> is for
 * clients to understand: an encoded scache_session. */
#define SCACHE_SAVE(M, FIELD)     \
    FIELD(M, STR, site)           \
    FIELD(M, STR, server)         \
    FIELD(M, INT, ttl_s)          \
    FIELD(M, BYTES, session)      \
    FIELD(M, FD, connection)
IPC_MESSAGE(scache_save, SCACHE_SAVE)
#define SCACHE_FIND(M, FIELD) FIELD(M, STR, label)
IPC_MESSAGE(scache_find, SCACHE_FIND)
#define SCACHE_FOUND(M, FIELD)    \
    FIELD(M, INT, status) /* 0: found */ \
    FIELD(M, BYTES, session)      \
    FIELD(M, FD, connection)
IPC_MESSAGE(scache_found, SCACHE_FOUND)

/* What the SMTP client knows of a session. */
#define SCACHE_SESSION(M, FIELD)  \
    FIELD(M, STR, host)           \
    FIELD(M, STR, address)        \
    FIELD(M, INT, port)           \
    FIELD(M, INT, features)       \
    FIELD(M, INT, xforward)       \
    FIELD(M, INT, size_limit)     \
    FIELD(M, INT, pix)            \
    FIELD(M, INT, uses)           \
    FIELD(M, INT, born_s)
IPC_MESSAGE(scache_session, SCACHE_SESSION)

/* private/proxymap and proxywrite: requests open, lookup, update, delete,
 * sequence */
#define PROXYMAP_REQUEST(M, FIELD) \
    FIELD(M, STR, table)           \
    FIELD(M, INT, flags)           \
    FIELD(M, STR, key)             \
    FIELD(M, STR, value)           \
    FIELD(M, INT, first)
IPC_MESSAGE(proxymap_request, PROXYMAP_REQUEST)
enum { PROXYMAP_OK = 0, PROXYMAP_ABSENT = 1, PROXYMAP_RETRY = 2,
       PROXYMAP_DENIED = 3, PROXYMAP_BAD = 4, PROXYMAP_CONFIG = 5 };
#define PROXYMAP_REPLY(M, FIELD)  \
    FIELD(M, INT, status)         \
    FIELD(M, STR, key)            \
    FIELD(M, STR, value)          \
    FIELD(M, INT, flags)          \
    FIELD(M, STR, reason)
IPC_MESSAGE(proxymap_reply, PROXYMAP_REPLY)

/* public/showq: names as third parties read them (no request; the server
 * speaks first with protocol=mail_queue_list_protocol) */
#define SHOWQ_HELLO(M, FIELD) FIELD(M, STR, protocol)
IPC_MESSAGE(showq_hello, SHOWQ_HELLO)

/* private/nbdb_reindex: request nbdb_reindex; <status> is 0 when the index of
 * the table is there, else <reason> says why not. */
#define NBDB_REQUEST(M, FIELD) \
    FIELD(M, STR, nbdb_type)   \
    FIELD(M, STR, nbdb_path)
IPC_MESSAGE(nbdb_request, NBDB_REQUEST)
#define NBDB_REPLY(M, FIELD) \
    FIELD(M, INT, status)    \
    FIELD(M, STR, reason)
IPC_MESSAGE(nbdb_reply, NBDB_REPLY)

/* private/tlsmgr: requests seed, policy, lookup, update, delete, tktkey */
#define TLSMGR_REQUEST(M, FIELD) \
    FIELD(M, STR, cache)         \
    FIELD(M, STR, key)           \
    FIELD(M, BYTES, session)     \
    FIELD(M, INT, size)
IPC_MESSAGE(tlsmgr_request, TLSMGR_REQUEST)
#define TLSMGR_REPLY(M, FIELD)   \
    FIELD(M, INT, status)        \
    FIELD(M, INT, cachable)      \
    FIELD(M, INT, timeout_s)     \
    FIELD(M, BYTES, data)
IPC_MESSAGE(tlsmgr_reply, TLSMGR_REPLY)

#endif
