/* SPDX-License-Identifier: ISC
 *
 * confine_tools.c - what sanitizers, valgrind and coverage need beside the
 * program that they watch: to look at it from a process of their own, and to
 * write reports.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/str.h"
#include "confine_private.h"

#if __has_include(<valgrind/valgrind.h>)
#include <valgrind/valgrind.h>
#else
#define RUNNING_ON_VALGRIND 0
#endif

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define __SANITIZE_ADDRESS__ 1
#endif
#endif

#ifdef __SANITIZE_ADDRESS__
enum { IS_SANITIZED = 1 };
#else
enum { IS_SANITIZED = 0 };
#endif

/* Makefile: where COVERAGE=1 has its counts. */
#ifdef WITH_COVERAGE
static const char *const counts = WITH_COVERAGE;
#else
static const char *const counts = NULL;
#endif

bool tools_watch(void)
{
    return IS_SANITIZED || RUNNING_ON_VALGRIND;
}

bool tools_hide_kernel(void)
{
    return RUNNING_ON_VALGRIND;
}

/* "...:log_path=/tmp/san/report:...": the folder. A sanitizer that cannot write
 * there ends the process, and its reason goes nowhere. */
static void take_log_path(const char *variable,
                          void (*take)(const char *path, void *context),
                          void *context)
{
    static const char key[] = "log_path=";
    const char *options = getenv(variable);
    const char *path = options != NULL ? strstr(options, key) : NULL;

    if (path == NULL)
        return;
    path += strlen(key);
    char *folder = mem_strndup(path, strcspn(path, ":"));
    char *slash = strrchr(folder, '/');
    if (slash != NULL) {
        *slash = '\0';
        if (faccessat(AT_FDCWD, folder, W_OK | X_OK, AT_EACCESS) != 0)
            log_warning("%s: no report can be written to %s: %m", variable,
                        folder);
        take(folder, context);
    }
    free(folder);
}

void tools_each_folder(void (*take)(const char *path, void *context),
                       void *context)
{
    if (IS_SANITIZED) {
        take_log_path("ASAN_OPTIONS", take, context);
        take_log_path("UBSAN_OPTIONS", take, context);
    }
    if (counts != NULL)
        take(counts, context);
}
