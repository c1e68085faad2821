/* SPDX-License-Identifier: ISC
 *
 * lmdb_guard.c - reading through a map of a file that has been cut short.
 */

#include "lmdb_guard.h"

#include <setjmp.h>
#include <signal.h>
#include <stddef.h>

static _Thread_local sigjmp_buf way_out;

static _Noreturn void leave(int number)
{
    siglongjmp(way_out, number);
}

bool lmdb_guard(void (*read)(void *argument), void *argument)
{
    const struct sigaction guard = { .sa_handler = leave };
    struct sigaction before;
    volatile bool good = false;

    sigaction(SIGBUS, &guard, &before);
    if (sigsetjmp(way_out, 1) == 0) {
        read(argument);
        good = true;
    }
    sigaction(SIGBUS, &before, NULL);
    return good;
}
