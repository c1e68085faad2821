/* SPDX-License-Identifier: ISC
 *
 * services.h - the smaller services: flush, verify, anvil.
 */
#ifndef CLIENT_SERVICES_H
#define CLIENT_SERVICES_H

#include <stdbool.h>

#include "base/arena.h"
#include "ipc/messages/small.h"

/* Remember that <queue_id> waits for <site>. Best effort. FLUSH_ status. */
MAY_WAIT int flush_add(const char *site, const char *queue_id);
MAY_WAIT int flush_send_site(const char *site);
MAY_WAIT int flush_send_file(const char *queue_id);

/* What is known of <address>; the service may start a probe. False, logged:
 * it cannot be asked. */
MAY_WAIT bool verify_query(struct arena *arena, const char *address,
                           struct verify_reply *reply);
/* Tell it what became of a probe. False, logged: it could not be told. */
MAY_WAIT bool verify_update(const char *address, int recipient_status,
                            const char *reason);

/* request: "connect", "disconnect", "message", "recipient", "newtls", "auth",
 * "lookup". False: anvil is not there; then no limit applies. */
MAY_WAIT bool anvil_call(const char *request, const char *service,
                         const char *client_address, struct anvil_reply *reply);

#endif
