/* SPDX-License-Identifier: ISC
 *
 * dns_private.h - between the files of this folder.
 */
#ifndef DNS_PRIVATE_H
#define DNS_PRIVATE_H

#include "dns/query.h"

/* "MX"; "unknown" for a type that has no row. */
const char *dns_type_name(enum dns_type type);
/* False: the filter given to dns_set_up wants <record> ignored. */
MAY_WAIT bool dns_filter_keeps(const struct dns_record *record);

#endif
