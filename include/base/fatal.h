/* SPDX-License-Identifier: ISC
 *
 * fatal.h - the process cannot go on.
 */
#ifndef BASE_FATAL_H
#define BASE_FATAL_H

#include "base/error.h"

/* Log "fatal: ..." and exit(1), after the clean-up functions have run. A
 * daemon is started again by master, later. */
_Noreturn void fatal(const char *format, ...) PRINTF_LIKE(1, 2);
/* As fatal, with an exit status from sysexits.h. */
_Noreturn void fatal_status(int status, const char *format, ...)
    PRINTF_LIKE(2, 3);
/* The impossible happened: log "panic: ..." and abort(). Never for input. */
_Noreturn void panic(const char *format, ...) PRINTF_LIKE(1, 2);
/* Run <function> before fatal() exits (last registered first; at most 16).
 * Also used by commands to remove unfinished files on a signal. */
void fatal_cleanup(void (*function)(void *), void *argument);
void fatal_cleanup_remove(void (*function)(void *), void *argument);

#endif
