/* SPDX-License-Identifier: ISC
 *
 * proxymap.h - which tables a client may ask for.
 */
#ifndef PROXYMAP_PROXYMAP_H
#define PROXYMAP_PROXYMAP_H

#include <stdbool.h>

struct approved;

/* From the expanded value of proxy_read_maps or proxy_write_maps: all that is
 * written as proxy:type:name, also in braces, in files that a list names, and
 * in the parameters of smtpd_restriction_classes. */
struct approved *approved_new(const char *list);
/* <name>: "type:name". */
bool approved_has(const struct approved *approved, const char *name);

#endif
