/* SPDX-License-Identifier: ISC
 *
 * loop_private.h - what only the fibers know of the loop.
 */
#ifndef BASE_LOOP_PRIVATE_H
#define BASE_LOOP_PRIVATE_H

#include "base/clock.h"

struct event_base;

struct event_base *loop_base(void);
/* From now to <at>, as libevent wants it; NULL for NEVER. */
struct timeval *loop_interval(deadline_t at, struct timeval *interval);

#endif
