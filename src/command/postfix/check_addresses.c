/* SPDX-License-Identifier: ISC
 *
 * check_addresses.c - the network addresses in main.cf: are they any?
 *
 * Each program that needs one of them would end, or put mail off, until it is
 * mended.
 */
#include <ctype.h>
#include <string.h>

#include "base/addr.h"
#include "base/arena.h"
#include "base/array.h"
#include "base/log.h"
#include "base/text.h"
#include "config/interfaces.h"
#include "config/params.h"
#include "postfix.h"

static bool check_interfaces(struct config *config)
{
    struct interfaces found = ARRAY_EMPTY;
    struct error why = ERROR_NONE;
    bool ok = interfaces_list(common_params.inet_interfaces,
                              common_params.inet_protocols, &found, &why);

    if (!ok && config_is_set(config, "inet_interfaces"))
        error_prefix(&why, "%s", config_where(config, "inet_interfaces"));
    if (!ok)
        log_error("%s", why.text);
    ARRAY_FREE(&found);
    return ok;
}

/* A name of a file or a table is none, nor is that of a host. */
static bool looks_like_network(const char *word)
{
    return *word == '[' ||
           (isdigit((unsigned char)*word) &&
            word[strspn(word, "0123456789./")] == '\0');
}

static void check_networks(struct config *config, const char *name)
{
    struct arena *arena = arena_new();
    struct error why = ERROR_NONE;
    const char *value = config_is_set(config, name)
                            ? config_try(config, name, &why)
                            : NULL;

    for (char **word = text_split(arena, value != NULL ? value : "", NULL,
                                  NULL);
         *word != NULL; word++) {
        const char *text = *word + strspn(*word, "!");
        struct addr_net net;
        struct error fault = ERROR_NONE;
        if (looks_like_network(text) && !addr_net_parse(text, &net, &fault))
            log_warning("%s: %s: %s; correct it: what needs it will be put off "
                        "until later",
                        config_where(config, name), name, fault.text);
    }
    arena_free(arena);
}

bool check_addresses(struct config *config)
{
    static const char *const lists[] = {
        "mynetworks", "debug_peer_list", "smtpd_authorized_xforward_hosts",
        "smtpd_client_event_limit_exceptions", "authorized_verp_clients",
        "smtpd_authorized_verp_clients",
    };
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        check_networks(config, lists[i]);
    return check_interfaces(config);
}
