/* SPDX-License-Identifier: ISC
 *
 * probe_sender.c - the sender of address probes, in the form of the day.
 */
#include "mail/probe_sender.h"

#include <stdint.h>
#include <string.h>

#include "base/text.h"
#include "mail/address.h"

static const char digits[] = "0123456789BCDFGHJKLMNPQRSTVWXYZ";

enum { BASE = sizeof digits - 1, NUMBER_SIZE = 16 };

static size_t local_length(const char *address)
{
    const char *domain = address_at(address);

    return domain == NULL ? strlen(address) : (size_t)(domain - address);
}

const char *probe_sender_at(struct arena *arena, const char *sender, long ttl_s,
                            time_t now)
{
    size_t length = local_length(sender);
    size_t at = NUMBER_SIZE - 1;
    char number[NUMBER_SIZE] = "";

    for (uint64_t n = (uint64_t)now / (uint64_t)ttl_s; n > 0; n /= BASE)
        number[--at] = digits[n % BASE];
    return arena_printf(arena, "%.*s%s%s", (int)length, sender, number + at,
                        sender + length);
}

/* False: no number, or larger than any. */
static bool read_number(const char *text, size_t length, uint64_t *n)
{
    *n = 0;
    for (size_t i = 0; i < length; i++) {
        const char *digit = memchr(digits, text[i], BASE);
        if (digit == NULL || *n > UINT64_MAX / BASE - 1)
            return false;
        *n = *n * BASE + (uint64_t)(digit - digits);
    }
    return length > 0;
}

bool probe_sender_is_current(const char *address, const char *sender,
                             long ttl_s, time_t now)
{
    size_t fixed = local_length(sender), length = local_length(address);
    uint64_t period = (uint64_t)now / (uint64_t)ttl_s, n;

    return length > fixed && text_equal_nocase_n(address, sender, fixed) &&
           text_equal_nocase(address + length, sender + fixed) &&
           read_number(address + fixed, length - fixed, &n) &&
           n + 1 >= period && n <= period + 1;
}
