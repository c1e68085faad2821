/* SPDX-License-Identifier: ISC
 *
 * library.h - shared libraries that are loaded when they are first needed.
 *
 * Most processes never fold Unicode or ask an SQL server; linked to all that,
 * each would spend most of its start, and megabytes, on libraries that it does
 * not use. A file names the functions it wants from such a library once:
 *
 *     #define NIS_FUNCTIONS(FUNCTION) FUNCTION(yp_match) FUNCTION(yperr_string)
 *     LIBRARY(nis, LIBRARY_NIS, NIS_FUNCTIONS)
 *
 * and, after nis_load() has succeeded, calls nis.yp_match(...). LIBRARY_NIS is
 * the file name, which configure has found out.
 */
#ifndef BASE_LIBRARY_H
#define BASE_LIBRARY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

struct library {
    const char *file;
    const char *const *names; /* of the functions; ends with NULL */
    void *functions;          /* their addresses, in that order */
    bool is_loaded;
};

/* Load <library> if it is not loaded yet, and look up its functions. The
 * library stays until the process ends. Before a chroot, please: there is
 * nothing to load inside. */
bool library_load(struct library *library, struct error *why);

/* The names may be macros themselves, as those of ICU are. */
#define LIBRARY_MEMBER(name)   LIBRARY_MEMBER_(name)
#define LIBRARY_MEMBER_(name)  __typeof__(name) *name;
#define LIBRARY_STRING(name)   LIBRARY_STRING_(name)
#define LIBRARY_STRING_(name)  #name,

/* For several files: LIBRARY_DECLARE in their header, LIBRARY_DEFINE in one. */
#define LIBRARY_DECLARE(instance, FUNCTIONS)                                   \
    struct instance##_functions {                                              \
        FUNCTIONS(LIBRARY_MEMBER)                                              \
    };                                                                         \
    extern struct instance##_functions instance;                               \
    bool instance##_load(struct error *why);

#define LIBRARY_DEFINE(instance, FILE_NAME, FUNCTIONS)                         \
    struct instance##_functions instance;                                      \
    bool instance##_load(struct error *why)                                    \
    {                                                                          \
        static const char *const names[] = { FUNCTIONS(LIBRARY_STRING) NULL }; \
        static struct library description = { FILE_NAME, names, &instance,     \
                                              false };                         \
        return library_load(&description, why);                                \
    }

/* For one file. */
#define LIBRARY(instance, FILE_NAME, FUNCTIONS)                                \
    static struct {                                                            \
        FUNCTIONS(LIBRARY_MEMBER)                                              \
    } instance;                                                                \
    static bool instance##_load(struct error *why)                             \
    {                                                                          \
        static const char *const names[] = { FUNCTIONS(LIBRARY_STRING) NULL }; \
        static struct library description = { FILE_NAME, names, &instance,     \
                                              false };                         \
        return library_load(&description, why);                                \
    }

#endif
