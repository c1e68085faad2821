/* SPDX-License-Identifier: ISC
 *
 * io_backend.h - how the running stack waits, if not by blocking the process.
 *
 * The fibers install themselves here while one of them runs. A program that
 * starts none, such as sendmail, therefore links neither them nor libevent.
 */
#ifndef BASE_IO_BACKEND_H
#define BASE_IO_BACKEND_H

#include "base/io.h"

/* What is left of a wait for input, so that the next one for the same
 * descriptor costs no system call of its own. Owned by who keeps it, and to be
 * forgotten before the descriptor is closed or goes to somebody else. */
struct io_watch {
    void (*forget)(struct io_watch *watch);
};

struct io_backend {
    int (*wait_events)(int fd, enum io_event what, deadline_t until);
    /* As wait_events for IO_READ; *<kept>, at first NULL, is what was left. */
    bool (*wait_for_input)(int fd, deadline_t until, struct io_watch **kept);
    void (*sleep_until)(deadline_t until);
    void (*offload)(void (*function)(void *), void *argument);
};

/* NULL: the process's own stack, where waiting blocks. */
const struct io_backend *io_backend(void);
void io_set_backend(const struct io_backend *backend);
/* poll(2), whoever runs: what is ready, 0 if nothing. */
int io_poll(int fd, enum io_event what, int timeout_ms);

#endif
