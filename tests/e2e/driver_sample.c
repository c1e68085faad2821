/* SPDX-License-Identifier: ISC
 *
 * driver_sample.c - a driver to be loaded: sample:text gives "text=key".
 */

#include <stdlib.h>
#include <string.h>

#include "table/driver.h"

TABLE_DRIVER_LOADABLE;

static void *sample_open(const char *name, const struct table_options *options,
                         struct error *why)
{
    if (options->mode == TABLE_READ)
        return mem_strdup(name);
    error_set(why, "sample tables are read only");
    return NULL;
}

static enum answer sample_get(void *instance, const char *key,
                              struct str *value, struct error *why)
{
    (void)why;
    if (strcmp(key, "nobody") == 0)
        return ABSENT;
    str_setf(value, "%s=%s", (const char *)instance, key);
    return FOUND;
}

const struct table_driver driver_sample = {
    .type = "sample",
    .open = sample_open,
    .get = sample_get,
    .close = free,
};
