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

struct io_backend {
    int (*wait_events)(int fd, enum io_event what, deadline_t until);
    void (*sleep_until)(deadline_t until);
    void (*offload)(void (*function)(void *), void *argument);
};

/* NULL: the process's own stack, where waiting blocks. */
const struct io_backend *io_backend(void);
void io_set_backend(const struct io_backend *backend);
/* poll(2), whoever runs: what is ready, 0 if nothing. */
int io_poll(int fd, enum io_event what, int timeout_ms);

#endif
