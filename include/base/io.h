/* SPDX-License-Identifier: ISC
 *
 * io.h - the one place where the suite waits.
 */
#ifndef BASE_IO_H
#define BASE_IO_H

#include <stdbool.h>

#include "base/clock.h"
#include "base/error.h"

enum io_event { IO_READ = 1, IO_WRITE = 2, IO_BOTH = 3 };

/* Wait until <fd> is ready for <what>, or has an error. On the process's own
 * stack this is poll(2), in a fiber the fiber is suspended. False, or 0: the
 * deadline passed (errno ETIMEDOUT). io_wait_events gives the events that are
 * ready; after an error those are all that were asked for. */
MAY_WAIT bool io_wait(int fd, enum io_event what, deadline_t until);
MAY_WAIT int io_wait_events(int fd, enum io_event what, deadline_t until);

/* Call <function>, which may block for long in a library. In place when the
 * process has one session, on a thread while the fiber waits when it has
 * many. */
MAY_WAIT void offload(void (*function)(void *), void *argument);

#endif
