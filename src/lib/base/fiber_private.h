/* SPDX-License-Identifier: ISC
 *
 * fiber_private.h - how a fiber waits, for the one table of these functions.
 */
#ifndef BASE_FIBER_PRIVATE_H
#define BASE_FIBER_PRIVATE_H

#include "io_backend.h"

void fiber_offload(void (*function)(void *), void *argument); /* offload.c */

#endif
