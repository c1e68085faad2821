/* SPDX-License-Identifier: ISC
 *
 * pass.h - hand an accepted connection to another service (type pass).
 */
#ifndef SERVICE_PASS_H
#define SERVICE_PASS_H

#include <stdbool.h>

#include "base/clock.h"
#include "base/error.h"

/* Give <connection>, which the caller still has to close, to the service at
 * <path> ("private/smtpd"). <attributes>: "name", "value", ..., NULL. False:
 * <why>. */
MAY_WAIT bool pass_connection_send(const char *path, int connection,
                                   const char *const *attributes,
                                   deadline_t until, struct error *why);

#endif
