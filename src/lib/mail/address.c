/* SPDX-License-Identifier: ISC
 *
 * address.c - addresses in internal form, and the names of hosts.
 */
#include "mail/address.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/str.h"
#include "base/text.h"
#include "base/utf8.h"
#include "mail/quote.h"

const char *address_at(const char *address)
{
    return strrchr(address, '@');
}

const char *address_domain(const char *address)
{
    const char *at = address_at(address);

    return at == NULL ? NULL : at + 1;
}

char *address_local(struct arena *arena, const char *address)
{
    const char *at = address_at(address);
    size_t length = at == NULL ? strlen(address) : (size_t)(at - address);

    return arena_strndup(arena, address, length);
}

static bool is_never_split(const char *local)
{
    static const char *const names[] = { "MAILER-DAEMON", "double-bounce",
                                         "postmaster" };

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (text_equal_nocase(local, names[i]))
            return true;
    return false;
}

/* Names of mailing list managers have a '-' that is no delimiter. */
static bool is_list_owner(const char *local)
{
    return text_has_prefix_nocase(local, "owner-") ||
           text_has_suffix_nocase(local, "-request");
}

char *address_split_extension(char *local, const char *delimiters,
                              bool owner_request_special)
{
    if (*delimiters == 0 || is_never_split(local))
        return NULL;
    if (owner_request_special && strchr(delimiters, '-') != NULL &&
        is_list_owner(local))
        return NULL;
    char *at = strpbrk(local, delimiters);
    return at == local ? NULL : at;
}

bool address_is_standard(const char *address)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
                                "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
    static const char more[] = "abcdefghijklmnopqrstuvwxyz"
                               "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_+=.";
    size_t local = strspn(address, more);

    if (local == 0 || address[local] != '@')
        return false;
    const char *label = address + local + 1;
    for (int labels = 1;; labels++) {
        size_t length = strspn(label, plain);
        if (length == 0)
            return false;
        if (label[length] == '\0')
            return labels > 1;
        if (label[length] != '.')
            return false;
        label += length + 1;
    }
}

const char *address_for_log(struct arena *arena, const char *address)
{
    char *text = quote_822_dup(arena, address);

    return text_printable(text, '?', true);
}

/* ---- Domains ----------------------------------------------------------- */

bool domain_is_literal_ipv4(const char *text)
{
    struct in_addr address;

    return inet_pton(AF_INET, text, &address) == 1;
}

bool domain_is_literal_ipv6(const char *text)
{
    struct in6_addr address;

    return inet_pton(AF_INET6, text, &address) == 1;
}

bool domain_is_address_literal(const char *text)
{
    char inner[INET6_ADDRSTRLEN + sizeof "IPv6:"];
    size_t length = strlen(text);

    if (length < 2 || length - 2 >= sizeof inner || text[0] != '[' ||
        text[length - 1] != ']')
        return false;
    memcpy(inner, text + 1, length - 2);
    inner[length - 2] = 0;
    if (text_has_prefix_nocase(inner, "ipv6:"))
        return domain_is_literal_ipv6(inner + strlen("ipv6:"));
    return domain_is_literal_ipv4(inner);
}
