/* SPDX-License-Identifier: ISC
 *
 * client.h - what every client of a service needs to know; set once at start.
 */
#ifndef CLIENT_CLIENT_H
#define CLIENT_CLIENT_H

#include <stdbool.h>

#include "base/arena.h"
#include "ipc/call.h"

struct client_setup {
    int ipc_timeout_s, ipc_idle_s, ipc_ttl_s;
    const char *rewrite_service, *bounce_service, *defer_service,
        *trace_service, *cleanup_service, *flush_service, *verify_service,
        *anvil_service, *scache_service, *tlsmgr_service;
    bool soft_bounce;
    int log_resolution;              /* delay_logging_resolution_limit */
    bool log_internal_form;          /* info_log_address_format = internal */
    const char *fast_flush_domains;  /* NULL or "": no fast flush */
    const char *filter_classes;      /* internal_mail_filter_classes */
    const char *utf8_classes;        /* smtputf8_autodetect_classes; "":
                                        without smtputf8_enable */
    const char *myhostname, *mail_name, *double_bounce_sender;
    /* For postdrop. */
    const char *command_directory, *config_directory, *export_environment;
    long fork_attempts;
    int fork_delay_s;
    bool fast_flush_parents;         /* sub-domains match too */
    bool old_relay_domains;          /* they are the default of before level 2
                                        of relay_domains: to be logged */
};
/* The struct is copied, its texts must stay. */
void client_set_up(const struct client_setup *setup);
const struct client_setup *client_setup(void);
/* For log lines, as log_internal_form asks for it; printable. */
const char *logged_address(struct arena *arena, const char *address);

/* For the other files of this layer: one pool of connections a service, made
 * on first use. */
struct ipc_pool *client_pool(struct ipc_pool **slot, const char *class_name,
                             const char *service);
/* One call on a pooled connection. */
#define client_call(pool, arena, name, qtype, q, rtype, r, why)            \
    client_exchange(pool, arena, name, &qtype##_schema,                    \
                    1 ? (q) : (const struct qtype *)0, &rtype##_schema,    \
                    1 ? (r) : (struct rtype *)0, why)
MAY_WAIT bool client_exchange(struct ipc_pool *pool, struct arena *arena,
                              const char *request_name,
                              const struct ipc_schema *request_schema,
                              const void *request,
                              const struct ipc_schema *reply_schema,
                              void *reply, struct error *why);

#endif
