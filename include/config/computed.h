/* SPDX-License-Identifier: ISC
 *
 * computed.h - defaults that are found out at run time.
 */
#ifndef CONFIG_COMPUTED_H
#define CONFIG_COMPUTED_H

#include "config/main_cf.h"

/* The default of a COMPUTED parameter, owned by <config>. panic() for any
 * other name. fatal() if the interfaces cannot be listed. */
const char *computed_default(struct config *config, const char *name);
/* What mynetworks would be with this mynetworks_style. */
const char *computed_networks(struct config *config, const char *style);

#endif
