/* SPDX-License-Identifier: ISC
 *
 * param_groups.c - the list of all groups, for postconf and the manual.
 *
 * A file of its own, so that a daemon links only the groups it names.
 */
#include "config/params.h"

const struct param_group *const param_groups[] = {
#define GROUP(name) &name##_param_group,
#include "config/param_groups.def"
#undef GROUP
    NULL,
};
