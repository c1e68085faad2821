/* SPDX-License-Identifier: ISC
 *
 * client.h - what every client of a service needs to know; set once at start.
 */
#ifndef CLIENT_CLIENT_H
#define CLIENT_CLIENT_H

#include <stdbool.h>

struct client_setup {
    int ipc_timeout_s, ipc_idle_s, ipc_ttl_s;
    const char *rewrite_service, *bounce_service, *defer_service,
        *trace_service, *cleanup_service, *flush_service, *verify_service,
        *anvil_service, *scache_service, *tlsmgr_service;
    bool soft_bounce;
    const char *notify_filter;
};
void client_set_up(const struct client_setup *setup);

#endif
