/* SPDX-License-Identifier: ISC
 *
 * maps.h - an ordered list of tables, as parameters of type "maps" hold.
 */
#ifndef TABLE_MAPS_H
#define TABLE_MAPS_H

#include <stdbool.h>

#include "base/error.h"
#include "base/str.h"
#include "table/table.h"

struct maps;

/* <list>: "hash:/a, pcre:/b {inline:...}". <title> (the parameter's name) is
 * for messages. An unknown type or bad syntax makes every lookup FAIL with a
 * logged reason. Never NULL. "" has no tables. */
struct maps *maps_open(const char *title, const char *list, unsigned flags);
void maps_close(struct maps *maps);
bool maps_is_empty(const struct maps *maps);
/* The first table that has the key. <fixed_only>: skip pattern tables (for
 * partial keys). An empty result is a configuration error: FAILED. */
MAY_WAIT enum answer maps_get(struct maps *maps, const char *key,
                              bool fixed_only, struct str *value);
size_t maps_count(const struct maps *maps);
/* NULL if its type is unknown. */
struct table *maps_table(struct maps *maps, size_t index);

#endif
