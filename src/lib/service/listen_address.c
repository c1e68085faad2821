/* SPDX-License-Identifier: ISC
 *
 * listen_address.c - the addresses that an inet service of master.cf means.
 */
#include "service/listen_address.h"

#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/sock.h"
#include "base/text.h"
#include "config/interfaces.h"

bool listen_address_split(char *text, char **host, char **port)
{
    char *colon = strrchr(text, ':');
    static char none[1] = "";

    *host = none;
    *port = text;
    if (colon == NULL)
        return *text != '\0';
    *colon = '\0';
    *host = text;
    *port = colon + 1;
    size_t length = strlen(text);
    if (*text == '[') {
        if (length < 3 || text[length - 1] != ']')
            return false;
        text[length - 1] = '\0';
        *host = text + 1;
    }
    return **port != '\0';
}

/* Is <name> one of the names in "a=b=25"? Then its last part is the port. */
static const char *port_in(struct arena *arena, const char *entry,
                           const char *name)
{
    size_t count;
    char **parts = text_split(arena, entry, "=", &count);

    for (size_t i = 0; count > 1 && i < count - 1; i++)
        if (strcmp(parts[i], name) == 0)
            return parts[count - 1];
    return NULL;
}

bool listen_port_find(const char *name, const char *known, int *port)
{
    struct arena *arena = arena_new();
    const char *number = NULL;

    for (char **entry = text_split(arena, known, NULL, NULL);
         *entry != NULL && number == NULL; entry++)
        number = port_in(arena, *entry, name);
    bool found = sock_port(number != NULL ? number : name, "tcp", port);
    arena_free(arena);
    return found;
}

static void set_port(struct addr *addr, int port)
{
    if (addr_family(addr) == AF_INET6)
        addr->in6.sin6_port = htons((in_port_t)port);
    else
        addr->in4.sin_port = htons((in_port_t)port);
}

static bool system_has_in6(void)
{
    int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

static bool names_protocol(const char *protocols, const char *wanted)
{
    return text_find_nocase(protocols, "all") != NULL ||
           text_find_nocase(protocols, wanted) != NULL;
}

/* inet_interfaces = all: the wildcard address of each protocol. */
static bool add_wildcards(const struct listen_options *options, int port,
                          struct listen_addresses *out)
{
    struct addr any;

    if (names_protocol(options->inet_protocols, "ipv4") &&
        addr_parse("0.0.0.0", port, &any))
        ARRAY_ADD(out, any);
    out->optional_in6 =
        text_find_nocase(options->inet_protocols, "all") != NULL;
    if (names_protocol(options->inet_protocols, "ipv6") &&
        (!out->optional_in6 || system_has_in6()) &&
        addr_parse("::", port, &any))
        ARRAY_ADD(out, any);
    return true;
}

static bool has_address(const struct listen_addresses *list,
                        const struct addr *addr)
{
    for (size_t i = 0; i < list->count; i++)
        if (addr_equal(&list->items[i], addr))
            return true;
    return false;
}

static bool add_interfaces(const char *selection,
                           const struct listen_options *options, int port,
                           struct listen_addresses *out, struct error *why)
{
    struct interfaces found;

    bool ok = interfaces_list(selection, options->inet_protocols, &found, why);
    for (size_t i = 0; ok && i < found.count; i++) {
        struct addr addr = found.items[i].addr;
        set_port(&addr, port);
        if (!has_address(out, &addr))
            ARRAY_ADD(out, addr);
    }
    ARRAY_FREE(&found);
    return ok;
}

static bool find_hosts(const char *host, int port,
                       const struct listen_options *options,
                       struct listen_addresses *out, struct error *why)
{
    if (*host != '\0') {
        if (add_interfaces(host, options, port, out, NULL) && out->count > 0)
            return true;
        return error_set(why, "host \"%s\" has no address for inet_protocols "
                         "= %s; specify an address of this system",
                         host, options->inet_protocols);
    }
    if (text_lists_word_nocase(options->inet_interfaces, "all"))
        return add_wildcards(options, port, out);
    if (!add_interfaces(options->inet_interfaces, options, port, out, why))
        return false;
    return out->count > 0 ||
           error_set(why, "service definition requires valid host name or "
                     "address, or non-empty inet_interfaces setting");
}

bool listen_addresses_find(const char *service,
                           const struct listen_options *options,
                           struct listen_addresses *out, struct error *why)
{
    struct arena *arena = arena_new();
    char *host, *port_name;
    int port;

    *out = (struct listen_addresses){ .items = NULL };
    bool ok = listen_address_split(arena_strdup(arena, service), &host,
                                   &port_name) ||
              error_set(why, "bad host or port; specify port, host:port or "
                        "[address]:port");
    ok = ok && (listen_port_find(port_name, options->known_tcp_ports, &port) ||
                error_set(why, "port \"%s\" is unknown; specify a number, or "
                          "name it in known_tcp_ports or services(5)",
                          port_name));
    ok = ok && find_hosts(host, port, options, out, why);
    arena_free(arena);
    for (size_t i = 0; i < out->count; i++)
        if (!addr_is_loopback(&out->items[i]))
            out->is_public = true;
    if (ok)
        return true;
    ARRAY_FREE(out);
    return error_prefix(why, "service %s", service);
}
