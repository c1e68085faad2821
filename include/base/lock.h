/* SPDX-License-Identifier: ISC
 *
 * lock.h - locks on open files.
 */
#ifndef BASE_LOCK_H
#define BASE_LOCK_H

#include <stdbool.h>

#include "base/clock.h"
#include "base/error.h"

enum lock_style { LOCK_STYLE_FLOCK, LOCK_STYLE_FCNTL };
enum lock_kind { LOCK_KIND_NONE, LOCK_KIND_SHARED, LOCK_KIND_EXCLUSIVE };

/* Wait until <until> (0: do not wait). False with errno EAGAIN if another
 * holds it. Queue files use FLOCK, as on Linux Postfix does. */
MAY_WAIT bool lock_file(int fd, enum lock_style style, enum lock_kind kind,
                        deadline_t until);

#endif
