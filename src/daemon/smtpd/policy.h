/* SPDX-License-Identifier: ISC
 *
 * policy.h - a session's connections to policy servers.
 */
#ifndef SMTPD_POLICY_H
#define SMTPD_POLICY_H

#include "session.h"

void policy_close(struct session *s);

#endif
