/* SPDX-License-Identifier: ISC
 *
 * unknown.c - a name that is neither an alias nor a user.
 */
#include "local.h"

void unknown_open(void)
{
}

enum fate deliver_unknown(const struct delivery *d)
{
    return report_failed(d, "5.1.1", "unknown user: \"%s\"", d->user);
}
