/* SPDX-License-Identifier: ISC
 *
 * resolve.h - where a recipient goes. Answers are remembered for seconds.
 */
#ifndef CLIENT_RESOLVE_H
#define CLIENT_RESOLVE_H

#include <stdbool.h>

#include "base/arena.h"
#include "ipc/messages/rewrite.h"

/* Fill <reply> (texts in <arena>): flags RESOLVE_. A lookup that failed sets
 * RESOLVE_FAILED. */
MAY_WAIT void resolve_address(struct arena *arena, const char *sender,
                              const char *address, struct resolve_reply *reply);
/* With the routing that address_verify_* parameters give. */
MAY_WAIT void resolve_for_verify(struct arena *arena, const char *sender,
                                 const char *address,
                                 struct resolve_reply *reply);

#endif
