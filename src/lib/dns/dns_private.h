/* SPDX-License-Identifier: ISC
 *
 * dns_private.h - between the files of this folder.
 */
#ifndef DNS_PRIVATE_H
#define DNS_PRIVATE_H

#include "dns/query.h"
#include "table/table.h"

/* "MX"; "unknown" for a type that has no row. */
const char *dns_type_name(enum dns_type type);
/* FOUND: the filter given to dns_set_up wants <record> ignored. FAILED: it
 * cannot be asked, or said something else. */
MAY_WAIT enum answer dns_filter_drops(const struct dns_record *record);

#endif
