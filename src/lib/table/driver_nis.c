/* SPDX-License-Identifier: ISC
 *
 * driver_nis.c - nis:map, the maps of NIS (YP).
 *
 * On a host without a NIS domain every lookup is "not found", with one warning:
 * the default of alias_maps names such a map.
 */

#include <rpcsvc/ypclnt.h>
#include <stdlib.h>
#include <string.h>

#include "base/library.h"
#include "base/log.h"
#include "config.h"
#include "internal.h"

#define NIS_FUNCTIONS(FUNCTION) \
    FUNCTION(yp_get_default_domain) FUNCTION(yp_match) FUNCTION(yperr_string)
LIBRARY(nis, LIBRARY_NIS, NIS_FUNCTIONS)

struct nis_table {
    char *map;                  /* owned */
    char *domain;               /* the library's; NULL: there is none */
    bool with_nul, without_nul; /* still to be tried */
};

static void *nis_open(const char *name, const struct table_options *options,
                      struct error *why)
{
    if (options->mode != TABLE_READ) {
        error_set(why, "nis:%s map requires O_RDONLY access mode", name);
        return NULL;
    }
    if (!nis_load(why))
        return NULL;
    struct nis_table *t = mem_zalloc(sizeof(*t));
    t->map = mem_strdup(name);
    t->with_nul = t->without_nul = true;
    if (nis.yp_get_default_domain(&t->domain) != 0 || t->domain == NULL ||
        *t->domain == 0 || strcmp(t->domain, "(none)") == 0) {
        t->domain = NULL;
        log_warning("dict_nis_init: NIS domain name not set - NIS lookups "
                    "disabled");
    }
    return t;
}

static int match(const struct nis_table *t, const char *key, size_t length,
                 struct str *value)
{
    char *found = NULL;
    int found_length = 0;
    int failure = nis.yp_match(t->domain, t->map, key, (int)length, &found,
                               &found_length);

    if (failure != 0)
        return failure;
    while (found_length > 0 &&
           (found[found_length - 1] == 0 || found[found_length - 1] == '\n'))
        found_length--;
    str_set_bytes(value, found, found_length);
    free(found);
    return 0;
}

static enum answer nis_get(void *instance, const char *key, struct str *value,
                           struct error *why)
{
    struct nis_table *t = instance;
    int failure = YPERR_KEY;

    if (t->domain == NULL)
        return ABSENT;
    if (t->with_nul) {
        failure = match(t, key, strlen(key) + 1, value);
        if (failure == 0)
            t->without_nul = false;
    }
    if (failure == YPERR_KEY && t->without_nul) {
        failure = match(t, key, strlen(key), value);
        if (failure == 0)
            t->with_nul = false;
    }
    if (failure == 0)
        return FOUND;
    if (failure == YPERR_KEY)
        return ABSENT;
    error_set(why, "lookup %s, NIS domain %s, map %s: %s", key, t->domain,
              t->map, nis.yperr_string(failure));
    return FAILED;
}

static void nis_close(void *instance)
{
    struct nis_table *t = instance;

    free(t->map);
    free(t);
}

const struct table_driver driver_nis = {
    .type = "nis",
    .can = TABLE_CAN_BLOCK | TABLE_ASKS_SERVER | TABLE_KEEPS_ANSWERS,
    .open = nis_open,
    .get = nis_get,
    .owner = table_owner_trusted,
    .close = nis_close,
};
