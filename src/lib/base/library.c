/* SPDX-License-Identifier: ISC
 *
 * library.c - shared libraries that are loaded when they are first needed.
 */
#include "base/library.h"

#include <dlfcn.h>
#include <string.h>

bool library_load(struct library *library, struct error *why)
{
    char *next = library->functions;

    if (library->is_loaded)
        return true;
    void *handle = dlopen(library->file, RTLD_NOW | RTLD_LOCAL);
    if (handle == NULL)
        return error_set(why, "load %s: %s", library->file, dlerror());
    for (const char *const *name = library->names; *name != NULL; name++) {
        void *address = dlsym(handle, *name);
        if (address == NULL)
            return error_set(why, "%s has no function %s", library->file,
                             *name);
        /* POSIX: a function's address fits into a pointer. */
        memcpy(next, &address, sizeof address);
        next += sizeof address;
    }
    library->is_loaded = true;
    return true;
}
