/* SPDX-License-Identifier: ISC
 *
 * masquerade.c - hide the hosts below a domain: user@host.domain becomes
 * user@domain.
 */
#include <string.h>

#include "base/text.h"
#include "mail/address.h"
#include "message.h"
#include "table/match_list.h"

static struct arena *arena_for_ever;
static char **domains;           /* NULL-terminated; "!name" is left alone */
static struct match_list *exceptions;
static unsigned classes;

void masquerade_set_up(void)
{
    arena_for_ever = arena_new();
    domains = text_split(arena_for_ever, cleanup_params.masquerade_domains,
                         NULL, NULL);
    for (char **domain = domains; *domain != NULL; domain++)
        text_lower(*domain);
    exceptions = match_list_open("masquerade_exceptions",
                                 cleanup_params.masquerade_exceptions,
                                 MATCH_STRING, MATCH_RETURN);
    classes = address_classes_parse("masquerade_classes",
                                    cleanup_params.masquerade_classes);
}

/* The first domain of the list that <host> is, or is below. */
static const char *find_domain(const char *host)
{
    for (char **domain = domains; *domain != NULL; domain++) {
        const char *name = *domain + (**domain == '!');
        size_t host_length = strlen(host), length = strlen(name);

        if (host_length < length ||
            !text_equal_nocase(host + host_length - length, name))
            continue;
        if (host_length == length)
            return NULL;
        if (host[host_length - length - 1] == '.')
            return **domain == '!' ? NULL : name;
    }
    return NULL;
}

const char *masquerade(struct arena *arena, const char *address,
                       enum address_class class)
{
    const char *host = address_domain(address);

    if (!(classes & class) || *domains == NULL || host == NULL)
        return address;
    const char *domain = find_domain(host);
    if (domain == NULL)
        return address;
    const char *user = address_local(arena, address);
    if (match_list_has(exceptions, user, NULL, NULL) == FOUND)
        return address;
    return arena_printf(arena, "%s@%s", user, domain);
}
