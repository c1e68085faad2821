/* SPDX-License-Identifier: ISC
 *
 * cmd_xforward.c - XFORWARD: a content filter hands back what it was told
 * about the real client, for the logs.
 */
#include <stddef.h>
#include <string.h>

#include "access.h"
#include "base/text.h"
#include "mail/address.h"
#include "mail/xtext.h"
#include "notify.h"
#include "session.h"

enum { VALUE_MAX = 255 };

static bool set_text(struct session *s, const char **to, const char *value)
{
    *to = arena_strdup(s->forwarded_arena, value);
    return true;
}

static bool set_name(struct session *s, const char *value)
{
    return domain_is_hostname(value) && set_text(s, &s->forwarded.name, value);
}

static bool set_address(struct session *s, const char *value)
{
    struct addr addr;
    char text[ADDR_TEXT_SIZE];

    if (!addr_parse(value, 0, &addr))
        return false;
    set_text(s, &s->forwarded.address, addr_format(&addr, text));
    s->forwarded.rfc_address = s->forwarded.address;
    if (addr_family(&addr) == AF_INET6)
        s->forwarded.rfc_address =
            arena_printf(s->forwarded_arena, "IPv6:%s", s->forwarded.address);
    return true;
}

static bool set_port(struct session *s, const char *value)
{
    return text_is_all_digits(value) && strlen(value) <= 5 &&
           set_text(s, &s->forwarded.port, value);
}

static bool set_protocol(struct session *s, const char *value)
{
    return strlen(value) <= 64 && set_text(s, &s->forwarded.protocol, value);
}

static bool set_helo(struct session *s, const char *value)
{
    return set_text(s, &s->forwarded.helo, value);
}

static bool set_ident(struct session *s, const char *value)
{
    return set_text(s, &s->forwarded.ident, value);
}

static bool set_source(struct session *s, const char *value)
{
    bool local = text_equal_nocase(value, "LOCAL");

    if (!local && !text_equal_nocase(value, "REMOTE"))
        return false;
    s->forwarded.rewrite = local ? "local" : "remote";
    return true;
}

#define ATTRIBUTE(name, member, set) \
    { name, offsetof(struct forwarded, member), set }
static const struct attribute {
    const char *name;
    size_t offset; /* of its text */
    bool (*set)(struct session *s, const char *value);
} attributes[] = {
    ATTRIBUTE("NAME", name, set_name),
    ATTRIBUTE("ADDR", address, set_address),
    ATTRIBUTE("PORT", port, set_port),
    ATTRIBUTE("PROTO", protocol, set_protocol),
    ATTRIBUTE("HELO", helo, set_helo),
    ATTRIBUTE("IDENT", ident, set_ident),
    ATTRIBUTE("SOURCE", rewrite, set_source),
};

/* Then what is not said of the client is unknown. */
static bool is_about_client(const struct attribute *attribute)
{
    return attribute->set != set_ident && attribute->set != set_source;
}

/* It may have been there in an earlier command. */
static void forget(struct session *s, const struct attribute *attribute)
{
    const char *none = NULL;

    memcpy((char *)&s->forwarded + attribute->offset, &none, sizeof none);
    if (attribute->set == set_address)
        s->forwarded.rfc_address = NULL;
}

/* One "NAME=value". NULL: fine; else the reply. */
static const char *set_attribute(struct session *s, char *text)
{
    struct arena *arena = s->line_arena;
    char *equals = strchr(text, '=');
    struct str value = STR_EMPTY;
    const char *reply = NULL;

    if (equals == NULL || equals[1] == '\0')
        return "501 5.5.4 Error: attribute=value expected";
    *equals = '\0';
    if (strlen(equals + 1) > VALUE_MAX)
        return "501 5.5.4 Error: attribute value too long";
    for (size_t i = 0; i < sizeof attributes / sizeof *attributes; i++) {
        if (!text_equal_nocase(attributes[i].name, text))
            continue;
        if (is_about_client(&attributes[i]))
            s->forwarded.given = true;
        if (text_equal_nocase(equals + 1, "[UNAVAILABLE]")) {
            forget(s, &attributes[i]);
            return NULL;
        }
        if (!xtext_decode(&value, equals + 1) || value.length == 0 ||
            strlen(value.data) != value.length ||
            !attributes[i].set(s, text_printable(value.data, '?', true)))
            reply = arena_printf(arena, "501 5.5.4 Bad %s syntax: %s",
                                 attributes[i].name, equals + 1);
        str_fini(&value);
        return reply;
    }
    return arena_printf(arena, "501 5.5.4 Bad XFORWARD attribute name: %s",
                        text);
}

bool cmd_xforward(struct session *s, const struct smtp_line *line)
{
    size_t count;
    char **words = text_split(s->line_arena, line->rest, " \t", &count);

    if (s->mail.active)
        return notify_reply(s, NOTIFY_PROTOCOL,
                            "503 5.5.1 Error: MAIL transaction in progress");
    if (count == 0)
        return notify_reply(s, NOTIFY_PROTOCOL,
                            "501 5.5.4 Syntax: XFORWARD attribute=value...");
    if (match_list_has(settings()->xforward_hosts, s->peer.name,
                       s->peer.address, NULL) != FOUND)
        return notify_reply(s, NOTIFY_POLICY,
                            "550 5.7.0 Error: insufficient authorization");
    for (; *words != NULL; words++) {
        const char *problem = set_attribute(s, *words);
        if (problem != NULL)
            return notify_reply(s, NOTIFY_PROTOCOL, "%s", problem);
    }
    return session_reply(s, "250 2.0.0 Ok");
}
