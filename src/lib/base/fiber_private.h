/* SPDX-License-Identifier: ISC
 *
 * fiber_private.h - how a fiber waits, in parts.
 */
#ifndef BASE_FIBER_PRIVATE_H
#define BASE_FIBER_PRIVATE_H

#include "base/fiber.h"
#include "io_backend.h"

/* fiber.c: let others run until somebody calls fiber_resume, which only a
 * callback of the loop may. */
void fiber_suspend(void);
void fiber_resume(struct fiber *fiber);

void fiber_offload(void (*function)(void *), void *argument); /* offload.c */
/* fiber_watch.c */
bool fiber_wait_for_input(int fd, deadline_t until, struct io_watch **kept);

#endif
