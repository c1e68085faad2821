/* SPDX-License-Identifier: ISC
 *
 * delivered_to.h - the Delivered-To: headers of a message, each the address
 * that it was delivered to on its way: mail that comes to one of them again
 * goes in circles.
 */
#ifndef DELIVERY_DELIVERED_TO_H
#define DELIVERY_DELIVERED_TO_H

#include <stdbool.h>

#include "base/hash.h"
#include "delivery/agent.h"
#include "table/table.h"

/* Adds the addresses to <out>, in internal form (without quotes) and folded to
 * lower case. False: the queue file cannot be read, so that nobody knows: the
 * recipients are to be deferred, with delivered_to_unreadable. */
bool delivered_to_read(struct request *r, struct hash *out);
bool delivered_to_listed(const struct hash *addresses, const char *address);

/* The same for one address. FAILED: the queue file cannot be read. */
enum answer delivered_to_has(struct request *r, const char *address);

extern const struct dsn delivered_to_unreadable;

#endif
