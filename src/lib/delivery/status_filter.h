/* SPDX-License-Identifier: ISC
 *
 * status_filter.h - what outcome.c needs of status_filter.c.
 */
#ifndef DELIVERY_STATUS_FILTER_H
#define DELIVERY_STATUS_FILTER_H

#include "base/arena.h"
#include "mail/dsn.h"

/* <dsn>, or its replacement in <arena>. */
struct dsn status_filter_apply(struct arena *arena, const struct dsn *dsn);

#endif
