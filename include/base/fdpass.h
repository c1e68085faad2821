/* SPDX-License-Identifier: ISC
 *
 * fdpass.h - a descriptor over a UNIX-domain socket.
 */
#ifndef BASE_FDPASS_H
#define BASE_FDPASS_H

#include <stdbool.h>

#include "base/clock.h"
#include "base/error.h"

/* One byte goes along. */
MAY_WAIT bool fdpass_send(int socket, int fd, deadline_t until);
MAY_WAIT int fdpass_receive(int socket, deadline_t until); /* -1: failed */

#endif
