/* SPDX-License-Identifier: ISC
 *
 * old_defaults.h - what only works because compatibility_level is low is
 * logged when it happens, so that an administrator can set it for good.
 */
#ifndef SMTPD_OLD_DEFAULTS_H
#define SMTPD_OLD_DEFAULTS_H

#include "session.h"

void old_defaults_open(void);
/* The client is in mynetworks. */
void old_defaults_note_network(const struct session *s);
/* Mail for <domain>, or for the whole <address>, is accepted since it is in
 * relay_domains. */
void old_defaults_note_relay_domain(const char *domain);
void old_defaults_note_relay_address(const char *address);
/* <kind> is "sender" or "recipient". The client has not asked for SMTPUTF8. */
void old_defaults_note_utf8(const struct session *s, const char *kind,
                            const char *address);
/* smtpd_recipient_restrictions have refused the recipient. */
void old_defaults_note_order(const struct session *s);
/* Would the default of now of smtpd_relay_restrictions be another than the
 * empty list in use? */
bool old_defaults_relay_restrictions(void);
/* ... and it would have refused the recipient. */
void old_defaults_note_relay_restrictions(const struct session *s);

#endif
