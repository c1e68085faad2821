/* SPDX-License-Identifier: ISC
 *
 * fatal.c - the process cannot go on.
 */
#include "base/fatal.h"

#include <stdarg.h>
#include <stdlib.h>

#include "base/log.h"

enum { CLEANUPS_MAX = 16 };

static struct cleanup {
    void (*function)(void *);
    void *argument;
} cleanups[CLEANUPS_MAX];
static size_t cleanup_count;

/* A clean-up that fails in its turn finds the list without itself, so this
 * ends. */
static void run_cleanups(void)
{
    while (cleanup_count > 0) {
        struct cleanup last = cleanups[--cleanup_count];
        last.function(last.argument);
    }
}

void fatal(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    log_vwrite(LOG_LEVEL_FATAL, format, args);
    va_end(args);
    run_cleanups();
    exit(EXIT_FAILURE);
}

void fatal_status(int status, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    log_vwrite(LOG_LEVEL_FATAL, format, args);
    va_end(args);
    run_cleanups();
    exit(status);
}

void panic(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    log_vwrite(LOG_LEVEL_PANIC, format, args);
    va_end(args);
    abort();
}

void fatal_cleanup(void (*function)(void *), void *argument)
{
    if (cleanup_count == CLEANUPS_MAX)
        panic("fatal_cleanup: more than %d functions", CLEANUPS_MAX);
    cleanups[cleanup_count++] = (struct cleanup){ function, argument };
}

void fatal_cleanup_remove(void (*function)(void *), void *argument)
{
    for (size_t i = cleanup_count; i-- > 0;) {
        if (cleanups[i].function != function ||
            cleanups[i].argument != argument)
            continue;
        cleanup_count--;
        for (; i < cleanup_count; i++)
            cleanups[i] = cleanups[i + 1];
        return;
    }
}
