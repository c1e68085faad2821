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

static struct {
    ARRAY_OF(char *);
} domains; /* "!name" is left alone */
static struct match_list *exceptions;
static unsigned classes;

void masquerade_set_up(void)
{
    struct arena *arena = arena_new();
    char **domain =
        text_split(arena, cleanup_params.masquerade_domains, NULL, NULL);

    for (; *domain != NULL; domain++)
        ARRAY_ADD(&domains, mem_strdup(*domain));
    arena_free(arena);
    exceptions = match_list_open("masquerade_exceptions",
                                 cleanup_params.masquerade_exceptions,
                                 MATCH_STRING, 0);
    classes = address_classes_parse("masquerade_classes",
                                    cleanup_params.masquerade_classes,
                                    CLASS_ANY);
}

/* The first domain of the list that <host> is, or is below. */
static const char *find_domain(const char *host)
{
    for (size_t i = 0; i < domains.count; i++) {
        bool excluded = domains.items[i][0] == '!';
        const char *name = domains.items[i] + excluded;
        size_t host_length = strlen(host), length = strlen(name);

        if (host_length < length ||
            !text_equal_nocase(host + host_length - length, name))
            continue;
        if (host_length == length)
            return NULL;
        if (host[host_length - length - 1] == '.')
            return excluded ? NULL : name;
    }
    return NULL;
}

const char *masquerade(struct message *m, const char *address,
                       enum address_class class)
{
    const char *host = address_domain(address);

    if (!(classes & class) || domains.count == 0 || host == NULL)
        return address;
    const char *user = address_local(m->results, address);
    switch (match_list_has(exceptions, user, NULL, NULL)) {
    case FOUND:
        return address;
    case FAILED:
        message_fail(m, CLEANUP_STAT_WRITE, NULL);
        return address;
    case ABSENT:
        break;
    }
    const char *domain = find_domain(host);
    return domain == NULL ? address
                          : arena_printf(m->results, "%s@%s", user, domain);
}
