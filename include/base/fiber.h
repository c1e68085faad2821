/* SPDX-License-Identifier: ISC
 *
 * fiber.h - many sequential sessions in one process.
 */
#ifndef BASE_FIBER_H
#define BASE_FIBER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/clock.h"
#include "base/error.h"

struct fiber;

/* Start <function> on a stack of its own (256 kB virtual with a guard page,
 * pooled). It runs before fiber_start returns, until it first waits. */
struct fiber *fiber_start(void (*function)(void *), void *argument);
struct fiber *fiber_self(void); /* NULL on the process's own stack */
size_t fiber_count(void);       /* alive */
/* Give back the stacks that are kept for fibers to come. */
void fiber_trim(void);
/* Let others run. */
MAY_WAIT void fiber_yield(void);
MAY_WAIT bool fiber_sleep_until(deadline_t until);
/* Suspend until fiber_wake (true) or the deadline (false). */
MAY_WAIT bool fiber_park(deadline_t until);
void fiber_wake(struct fiber *fiber); /* from a fiber or a loop callback */

/* A condition that fibers wait for. */
struct fiber_gate {
    struct fiber_gate_waiter *first; /* private */
};
MAY_WAIT bool fiber_gate_wait(struct fiber_gate *gate, deadline_t until);
void fiber_gate_open(struct fiber_gate *gate); /* wakes all that wait now */

#endif
