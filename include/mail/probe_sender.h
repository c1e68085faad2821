/* SPDX-License-Identifier: ISC
 *
 * mail/probe_sender.h - the sender of address probes, in the form of the day.
 *
 * With address_verify_sender_ttl, the number of the current period stands
 * behind the local part, in base 31 (digits and capital consonants), so that
 * an address which somebody has collected is of no use for long.
 */
#ifndef MAIL_PROBE_SENDER_H
#define MAIL_PROBE_SENDER_H

#include <stdbool.h>
#include <time.h>

#include "base/arena.h"

/* <sender> with the period of <ttl_s> seconds, which is not 0, that <now> is
 * in. */
const char *probe_sender_at(struct arena *arena, const char *sender, long ttl_s,
                            time_t now);

/* Is <address> such a form of <sender>, for the period of <now> or one next to
 * it? Both with their domain. Letters count for the same in any case but in the
 * number. */
bool probe_sender_is_current(const char *address, const char *sender,
                             long ttl_s, time_t now);

#endif
