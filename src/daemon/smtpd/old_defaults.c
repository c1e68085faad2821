/* SPDX-License-Identifier: ISC
 *
 * old_defaults.c - log what works only because of a low compatibility_level.
 */
#include "old_defaults.h"

#include "base/log.h"
#include "base/text.h"
#include "config/compat.h"
#include "config/computed.h"
#include "service/service.h"
#include "settings.h"
#include "table/match_list.h"

/* Constant after start. */
static struct {
    bool networks, relay_domains, utf8, relay_restrictions, order;
    struct match_list *host_networks; /* mynetworks of new; if <networks> */
} old;

void old_defaults_open(void)
{
    struct config *config = service_config();

    old.networks = !config_is_set(config, "mynetworks") &&
                   compat_uses_old_default(config, "mynetworks_style", "2");
    old.relay_domains = compat_uses_old_default(config, "relay_domains", "2");
    old.utf8 = compat_uses_old_default(config, "smtputf8_enable", "1");
    old.relay_restrictions =
        compat_uses_old_default(config, "smtpd_relay_restrictions", "1");
    old.order = compat_uses_old_default(
        config, "smtpd_relay_before_recipient_restrictions", "3.6");
    if (old.networks)
        old.host_networks =
            match_list_open("mynetworks", computed_networks(config, "host"),
                            MATCH_HOST, 0);
}

void old_defaults_note_network(const struct session *s)
{
    if (old.networks && match_list_has(old.host_networks, s->peer.name,
                                       s->peer.address, NULL) == ABSENT)
        log_info(COMPAT_LOG "mynetworks_style=subnet to permit request from "
                 "client \"%s\"",
                 s->peer.label);
}

void old_defaults_note_relay_domain(const char *domain)
{
    if (old.relay_domains)
        log_info(COMPAT_LOG "relay_domains=$mydestination to accept mail for "
                 "domain \"%s\"",
                 domain);
}

void old_defaults_note_relay_address(const char *address)
{
    if (old.relay_domains)
        log_info(COMPAT_LOG "relay_domains=$mydestination to accept mail for "
                 "address \"%s\"",
                 address);
}

void old_defaults_note_utf8(const struct session *s, const char *kind,
                            const char *address)
{
    if (old.utf8 && !text_is_ascii(address))
        log_info(COMPAT_LOG "smtputf8_enable=no to accept non-ASCII %s "
                 "address \"%s\" from %s",
                 kind, address, s->peer.label);
}

void old_defaults_note_order(const struct session *s)
{
    if (old.order)
        log_info(COMPAT_LOG "smtpd_relay_before_recipient_restrictions=no to "
                 "reject recipient \"%s\" from client \"%s\"",
                 s->recipient, s->peer.label);
}

bool old_defaults_relay_restrictions(void)
{
    return old.relay_restrictions;
}

void old_defaults_note_relay_restrictions(const struct session *s)
{
    log_info(COMPAT_LOG "\"smtpd_relay_restrictions = (empty)\" to avoid "
             "\"Relay access denied\" error for recipient \"%s\" from client "
             "\"%s\"",
             s->recipient, s->peer.label);
}
