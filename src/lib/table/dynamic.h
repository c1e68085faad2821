/* SPDX-License-Identifier: ISC
 *
 * dynamic.h - drivers from shared objects, by dynamicmaps.cf.
 */
#ifndef TABLE_DYNAMIC_H
#define TABLE_DYNAMIC_H

#include "base/array.h"
#include "table/driver.h"

/* The driver for <type>. NULL: no entry has it and <why> is empty, or <why>
 * tells why it cannot be used. */
const struct table_driver *dynamic_find(const char *type, struct error *why);

/* All that can be loaded; never freed. */
struct dynamic_list {
    ARRAY_OF(const struct table_driver *);
};
const struct dynamic_list *dynamic_all(void);

#endif
