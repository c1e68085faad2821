/* SPDX-License-Identifier: ISC
 *
 * address.h - a mail address in internal form, and addresses in headers.
 *
 * Internal form is unquoted: local part and domain as they are meant.
 * Quoting happens at the edges (quote.h).
 */
#ifndef MAIL_ADDRESS_H
#define MAIL_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/domain.h"

/* The last '@' in an internal address, or NULL. */
const char *address_at(const char *address);
/* The domain part (after the last '@'), or NULL. */
const char *address_domain(const char *address);
/* The local part as a copy. */
char *address_local(struct arena *arena, const char *address);
/* "user+ext" cut at the delimiter set <delimiters>, with owner-x, x-request,
 * MAILER-DAEMON, postmaster and double-bounce exempt as in Postfix. Returns
 * the position of the delimiter in <local> or NULL. */
char *address_split_extension(char *local, const char *delimiters,
                              bool owner_request_special);
/* user@host.domain of letters, digits and a few others: the standard form is
 * the address itself, whatever main.cf has. False: that is not certain. */
bool address_is_standard(const char *address);
/* For logs: external form, printable. "" gives "". */
const char *address_for_log(struct arena *arena, const char *address);
bool domain_is_literal_ipv4(const char *text);
bool domain_is_literal_ipv6(const char *text);
/* "[1.2.3.4]" or "[IPv6:::1]"; RFC 5321 section 4.1.3. */
bool domain_is_address_literal(const char *text);

#endif
