/* SPDX-License-Identifier: ISC
 *
 * drivers.c - which table types this build has.
 */

#include "table/driver.h"

#include <stdlib.h>
#include <string.h>

#include "config.h"

#include "base/str.h"
#include "dynamic.h"

#ifndef COUNT
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#endif

#define MISSING(type, package)
#define DRIVER(type, driver) extern const struct table_driver driver;
#include "drivers.def"
#undef DRIVER
#define DRIVER(type, driver) { type, &driver },
static const struct {
    const char *type;
    const struct table_driver *driver;
} drivers[] = {
#include "drivers.def"
};
#undef DRIVER
#undef MISSING

#define DRIVER(type, driver)
#define MISSING(type, package) { type, package },
static const struct {
    const char *type, *package;
} missing[] = {
#include "drivers.def"
    { NULL, NULL },
};
#undef DRIVER
#undef MISSING

static void explain_missing(const char *type, const char *package,
                            struct error *why)
{
    if (package == NULL)
        error_set(why,
                  "unsupported dictionary type: %s. This version does not "
                  "have it",
                  type);
    else
        error_set(why,
                  "unsupported dictionary type: %s. This build was made "
                  "without it: %s%s%sconfigure and build again",
                  type, *package != 0 ? "install " : "", package,
                  *package != 0 ? ", then " : "");
}

const struct table_driver *driver_find(const char *type, struct error *why)
{
    for (size_t i = 0; i < COUNT(drivers); i++)
        if (strcmp(drivers[i].type, type) == 0)
            return drivers[i].driver;
    struct error loading = ERROR_NONE;
    const struct table_driver *loaded = dynamic_find(type, &loading);
    if (loaded != NULL)
        return loaded;
    if (loading.text[0] != 0) {
        error_set(why, "%s", loading.text);
        return NULL;
    }
    error_set(why, "unsupported dictionary type: %s", type);
    for (size_t i = 0; missing[i].type != NULL; i++)
        if (strcmp(missing[i].type, type) == 0)
            explain_missing(type, missing[i].package, why);
    return NULL;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool is_built_in(const char *type)
{
    for (size_t i = 0; i < COUNT(drivers); i++)
        if (strcmp(drivers[i].type, type) == 0)
            return true;
    return false;
}

static const char **list_types(void)
{
    const struct dynamic_list *loadable = dynamic_all();
    const char **names = mem_zalloc((COUNT(drivers) + loadable->count + 1) *
                                    sizeof(*names));
    size_t count = 0;

    for (size_t i = 0; i < COUNT(drivers); i++)
        names[count++] = drivers[i].type;
    for (size_t i = 0; i < loadable->count; i++)
        if (!is_built_in(loadable->items[i]->type))
            names[count++] = loadable->items[i]->type;
    qsort(names, count, sizeof(*names), compare_names);
    return names;
}

const char *const *table_types(void)
{
    static const char **names;

    if (names == NULL)
        names = list_types();
    return names;
}
