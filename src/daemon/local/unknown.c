/* SPDX-License-Identifier: ISC
 *
 * unknown.c - a name that is neither an alias nor a user.
 */
#include "local.h"

enum fate deliver_unknown(const struct delivery *d)
{
    struct error why = ERROR_NONE;
    enum fate fate;

    switch (deliver_fallback_transport(d, &fate)) {
    case FOUND: return fate;
    case FAILED:
        return report_failed(d, "4.3.5", "mail system configuration error");
    case ABSENT: break;
    }
    if (local_params.luser_relay[0] == '\0' || d->is_relayed)
        return report_failed(d, "5.1.1", "unknown user: \"%s\"", d->user);
    const char *relay = vars_expand(d, local_params.luser_relay, NULL, &why);
    if (relay == NULL)
        return report_failed(d, "4.3.5", "mail system configuration error");
    struct delivery relayed = *d;
    relayed.is_relayed = true;
    relayed.origin = ORIGIN_ALIAS;
    relayed.extension = NULL;
    relayed.depth++;
    return deliver_address(&relayed, relay);
}
