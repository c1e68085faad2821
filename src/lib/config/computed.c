/* SPDX-License-Identifier: ISC
 *
 * computed.c - defaults that are found out at run time.
 */
#include "config/computed.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fatal.h"
#include "base/str.h"
#include "base/text.h"
#include "config/interfaces.h"

#define NO_DOMAIN "localdomain"

static const char *my_host_name(struct config *config)
{
    char name[256];

    if (gethostname(name, sizeof name) != 0)
        fatal("gethostname: %s", strerror(errno));
    name[sizeof name - 1] = '\0';
    if (strchr(name, '.') != NULL)
        return config_keep(config, name);

    /* Only a domain that was set: the default comes from the host name. */
    const char *domain = config_is_set(config, "mydomain")
                             ? config_get(config, "mydomain")
                             : NO_DOMAIN;
    char *full = mem_printf("%s.%s", name, domain);
    const char *kept = config_keep(config, full);
    free(full);
    return kept;
}

static const char *my_domain(struct config *config)
{
    const char *dot = strchr(config_get(config, "myhostname"), '.');

    return dot != NULL ? dot + 1 : NO_DOMAIN;
}

/* The network size before CIDR: by the first byte of the address. */
static int class_bits(unsigned first_byte)
{
    if (first_byte < 128)
        return 8;
    if (first_byte < 192)
        return 16;
    return first_byte < 224 ? 24 : 32;
}

static void mask_bytes(unsigned char *bytes, size_t length, int bits)
{
    for (size_t i = 0; i < length; i++) {
        int keep = bits - (int)i * 8;
        if (keep <= 0)
            bytes[i] = 0;
        else if (keep < 8)
            bytes[i] &= (unsigned char)(0xff << (8 - keep));
    }
}

static void add_network(struct str *list, struct interface own,
                        const char *style)
{
    char text[ADDR_TEXT_SIZE], network[ADDR_TEXT_SIZE + 16];
    bool in4 = addr_family(&own.addr) == AF_INET;
    unsigned char *bytes = in4 ? (void *)&own.addr.in4.sin_addr
                               : (void *)&own.addr.in6.sin6_addr;

    if (text_equal_nocase(style, "host"))
        own.bits = in4 ? 32 : 128;
    else if (in4 && text_equal_nocase(style, "class"))
        own.bits = class_bits(bytes[0]);
    mask_bytes(bytes, in4 ? 4 : 16, own.bits);
    addr_format(&own.addr, text);
    snprintf(network, sizeof network, in4 ? " %s/%d" : " [%s]/%d", text,
             own.bits);

    /* Two addresses in one network name it once. */
    const char *old = strstr(list->data, network);
    size_t length = strlen(network);
    if (old == NULL || (old[length] != ' ' && old[length] != '\0'))
        str_add(list, network);
}

const char *computed_networks(struct config *config, const char *style)
{
    struct interfaces own;
    struct error why = ERROR_NONE;
    struct str list = STR_EMPTY;

    if (!interfaces_list(config_get(config, "inet_interfaces"),
                         config_get(config, "inet_protocols"), &own, &why))
        fatal("%s", why.text);
    for (size_t i = 0; i < own.count; i++)
        add_network(&list, own.items[i], style);
    ARRAY_FREE(&own);
    const char *kept = config_keep(config, list.length > 0 ? list.data + 1
                                                           : "");
    str_fini(&list);
    return kept;
}

static const char *my_networks(struct config *config)
{
    return computed_networks(config, config_get(config, "mynetworks_style"));
}

static const char *my_process_id(struct config *config)
{
    char text[32];

    snprintf(text, sizeof text, "%ld", (long)getpid());
    return config_keep(config, text);
}

static const char *my_process_name(struct config *config)
{
    (void)config;
    return program_invocation_short_name;
}

static const char *my_service_name(struct config *config)
{
    (void)config;
    return "";
}

const char *computed_default(struct config *config, const char *name)
{
    static const struct {
        const char *name;
        const char *(*compute)(struct config *config);
    } known[] = {
        { "myhostname", my_host_name },
        { "mydomain", my_domain },
        { "mynetworks", my_networks },
        { "process_id", my_process_id },
        { "process_name", my_process_name },
        { "service_name", my_service_name },
    };

    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (strcmp(known[i].name, name) == 0)
            return known[i].compute(config);
    panic("computed_default: nothing known about %s", name);
}
