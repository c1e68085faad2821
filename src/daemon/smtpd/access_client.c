/* SPDX-License-Identifier: ISC
 *
 * access_client.c - restrictions on the client's address and name.
 */
#include <string.h>

#include "access.h"
#include "base/text.h"
#include "old_defaults.h"

static const char client_class[] = "Client host";

static bool is_own_address(const struct addr *addr)
{
    const struct interfaces *own = &settings()->interfaces;

    for (size_t i = 0; i < own->count; i++)
        if (addr_equal(&own->items[i].addr, addr))
            return true;
    return false;
}

enum access_result check_inet_interfaces(struct access *a,
                                         const char *argument)
{
    (void)argument;
    return is_own_address(&a->s->peer.addr) ? ACCESS_OK : ACCESS_DUNNO;
}

enum access_result check_mynetworks(struct access *a, const char *argument)
{
    (void)argument;
    switch (match_list_has(settings()->mynetworks, a->s->peer.name,
                           a->s->peer.address, NULL)) {
    case FOUND:
        old_defaults_note_network(a->s);
        return ACCESS_OK;
    case ABSENT:
        return ACCESS_DUNNO;
    case FAILED:
        return access_trouble(a, "451 4.3.0 <%s>: Temporary lookup failure",
                              a->s->peer.label);
    }
    return ACCESS_DUNNO;
}

enum access_result check_unknown_client(struct access *a,
                                        const char *argument)
{
    const struct peer *peer = &a->s->peer;
    int code = peer->name_status == PEER_TRY_AGAIN
                   ? 450
                   : (int)smtpd_params.unknown_client_reject_code;

    (void)argument;
    if (peer->name_status == PEER_VERIFIED)
        return ACCESS_DUNNO;
    return access_reject(a, code, "4.7.25",
                         "Client host rejected: cannot find your hostname, "
                         "[%s]",
                         peer->address);
}

enum access_result check_unknown_reverse_client(struct access *a,
                                                const char *argument)
{
    const struct peer *peer = &a->s->peer;
    int code = peer->reverse_status == PEER_TRY_AGAIN
                   ? 450
                   : (int)smtpd_params.unknown_client_reject_code;

    (void)argument;
    if (peer->reverse_status == PEER_VERIFIED)
        return ACCESS_DUNNO;
    return access_reject(a, code, "4.7.1",
                         "Client host rejected: cannot find your reverse "
                         "hostname, [%s]",
                         peer->address);
}

enum access_result check_client_table(struct access *a, const char *argument)
{
    const struct peer *peer = &a->s->peer;

    return access_map_host(a, argument, peer->name, peer->address,
                           peer->label, client_class);
}

/* A name that nobody verified must not open doors. */
enum access_result check_reverse_client_table(struct access *a,
                                              const char *argument)
{
    const struct peer *peer = &a->s->peer;
    enum access_result result =
        access_map_host(a, argument, peer->reverse_name, peer->address,
                        peer->reverse_name, "Unverified Client host");

    if (result != ACCESS_OK)
        return result;
    return access_trouble(a, "451 4.3.5 Server configuration error");
}

/* local_header_rewrite_clients: a list of its own kind. */
bool access_is_local_rewrite_client(struct session *s)
{
    struct access a = { .s = s, .class_name = client_class,
                        .reply_name = s->peer.label };
    struct str value = STR_EMPTY;
    bool found = false;

    if (s->standalone)
        return true;
    for (char **word = settings()->local_rewrite.words;
         *word != NULL && !found; word++) {
        if (strcmp(*word, "permit_inet_interfaces") == 0)
            found = check_inet_interfaces(&a, NULL) == ACCESS_OK;
        else if (strcmp(*word, "permit_mynetworks") == 0)
            found = check_mynetworks(&a, NULL) == ACCESS_OK;
        else if (strchr(*word, ':') != NULL)
            found = maps_get(hash_get(settings()->tables, *word),
                             s->peer.address, false, &value) == FOUND;
    }
    str_fini(&value);
    return found;
}
