/* SPDX-License-Identifier: ISC
 *
 * unknown.c - a name that is neither an alias nor a user.
 */
#include <stdint.h>

#include "base/log.h"
#include "base/text.h"
#include "local.h"
#include "mail/token822.h"

/* A site without the aliases that RFC 822 and 2142 require must not have its
 * postmaster's notices come back to it. */
static bool is_required_alias(const char *name)
{
    return text_equal_nocase(name, "postmaster") ||
           text_equal_nocase(name, "mailer-daemon");
}

static enum fate refuse(const struct delivery *d)
{
    if (!is_required_alias(d->user))
        return report_failed(d, "5.1.1", "unknown user: \"%s\"", d->user);
    log_warning("required alias not found: %s", d->user);
    return report_sent(d, "discarded");
}

static const char *internal_form(struct arena *arena, const char *address)
{
    return token822_internal(arena, token822_scan(arena, address, SIZE_MAX));
}

enum fate deliver_unknown(const struct delivery *d)
{
    enum fate fate;

    if (deliver_fallback_transport(d, &fate))
        return fate;
    if (local_params.luser_relay[0] == '\0' || d->is_relayed)
        return refuse(d);
    const char *relay = vars_expand(d, local_params.luser_relay, NULL, NULL);
    if (relay == NULL) /* part of it might be somebody else's address */
        return report_misconfigured(d);
    struct delivery relayed = *d;
    relayed.is_relayed = true;
    relayed.origin = ORIGIN_ALIAS;
    relayed.extension = relayed.unmatched = NULL;
    relayed.depth++;
    return deliver_address(&relayed, internal_form(d->job->arena, relay));
}
