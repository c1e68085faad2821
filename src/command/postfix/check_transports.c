/* SPDX-License-Identifier: ISC
 *
 * check_transports.c - is there a service behind each name of a transport, can
 * those that run commands do so, and is each next hop in brackets one?
 *
 * Mail for a transport that is not there waits until it is.
 */
#include <string.h>

#include "base/arena.h"
#include "base/log.h"
#include "base/similar.h"
#include "base/text.h"
#include "config/params.h"
#include "delivery/attributes.h"
#include "postfix.h"

/* Settings of the form "transport:nexthop". */
static const char *const settings[] = {
    "default_transport",
    "relay_transport",
    "local_transport",
    "virtual_transport",
    "address_verify_default_transport",
    "address_verify_relay_transport",
    "address_verify_local_transport",
    "address_verify_virtual_transport",
    "mailbox_transport",
    "fallback_transport",
    "best_mx_transport",
    "content_filter",
};

enum { SETTINGS = sizeof settings / sizeof *settings };

static bool takes_transport(const char *name)
{
    for (size_t i = 0; i < SETTINGS; i++)
        if (strcmp(settings[i], name) == 0)
            return true;
    return false;
}

/* ' (is it "smtp"?)', or nothing. */
static const char *suggestion(struct arena *arena, const struct master_cf *cf,
                              const char *transport)
{
    const char **names = arena_array(arena, cf->count + 1, sizeof *names);
    size_t count = 0;

    for (size_t i = 0; i < cf->count; i++)
        if (cf->entries[i].type == MASTER_UNIX && cf->entries[i].is_private)
            names[count++] = cf->entries[i].name;
    const char *similar = similar_word(transport, names, count);
    return similar == NULL ? ""
                           : arena_printf(arena, " (is it \"%s\"?)", similar);
}

static void check_service(struct arena *arena, const struct master_cf *cf,
                          const char *where, const char *name,
                          const char *transport)
{
    const struct master_entry *entry =
        master_cf_find(cf, transport, MASTER_UNIX);

    if (entry == NULL)
        log_warning("%s: %s: %s has no service \"%s\" of type unix; add it, "
                    "or correct the name%s: specify transport:nexthop, as in "
                    "smtp:[host.example.com]:25; mail for it will wait",
                    where, name, cf->path, transport,
                    suggestion(arena, cf, transport));
    else if (!entry->is_private)
        log_warning("%s: %s: the service \"%s\" of %s, line %d is not private; "
                    "specify - or y there: mail for it will wait",
                    where, name, transport, cf->path, entry->line);
}

/* ---- next hops ---- */

/* Settings of the form "nexthop, nexthop". */
static const char *const relays[] = {
    "relayhost", "address_verify_relayhost", "smtp_fallback_relay",
    "lmtp_fallback_relay",
};

static bool takes_relays(const char *name)
{
    for (size_t i = 0; i < sizeof relays / sizeof *relays; i++)
        if (strcmp(relays[i], name) == 0)
            return true;
    return false;
}

/* "[host]" or "[host]:port", of which no bracket is missing. */
static bool is_bracketed(const char *nexthop)
{
    const char *end = strrchr(nexthop, ']');

    return end != NULL && end > nexthop + 1 &&
           (end[1] == '\0' || (end[1] == ':' && end[2] != '\0'));
}

static void check_nexthop(const char *where, const char *name,
                          const char *nexthop)
{
    if (*nexthop == '[' && !is_bracketed(nexthop))
        log_warning("%s: %s: \"%s\" is no destination; specify "
                    "[host.example.com] or [host.example.com]:25",
                    where, name, nexthop);
}

static void check_relays(struct arena *arena, const char *where,
                         const char *name, const char *value)
{
    char **words = text_split(arena, value, NULL, NULL);

    for (; *words != NULL; words++)
        check_nexthop(where, name, *words);
}

/* ---- transports with a next hop ---- */

static bool is_client(const struct master_cf *cf, const char *transport)
{
    const struct master_entry *entry =
        master_cf_find(cf, transport, MASTER_UNIX);

    return entry != NULL && (strcmp(entry->command, "smtp") == 0 ||
                             strcmp(entry->command, "lmtp") == 0);
}

void check_transport(const struct master_cf *cf, const char *where,
                     const char *name, const char *value)
{
    struct arena *arena = arena_new();
    size_t length = strcspn(value, ":");
    const char *nexthop = value + length + (value[length] == ':');
    const char *transport = arena_strndup(arena, value, length);

    if (takes_relays(name)) {
        check_relays(arena, where, name, value);
    } else if (!takes_transport(name) || *value == '\0') {
        /* nothing to say */
    } else if (*transport == '\0') {
        log_warning("%s: %s: \"%s\" has no transport before the colon; specify "
                    "transport:nexthop, as in smtp:[host.example.com]:25",
                    where, name, value);
    } else {
        check_service(arena, cf, where, name, transport);
        if (is_client(cf, transport))
            check_nexthop(where, name, nexthop);
    }
    arena_free(arena);
}

static void check_setting(struct config *config, const struct master_cf *cf,
                          const char *name)
{
    struct error why = ERROR_NONE;
    const char *value =
        config_is_set(config, name) ? config_try(config, name, &why) : NULL;

    if (value != NULL)
        check_transport(cf, config_where(config, name), name, value);
}

void check_transports(struct config *config, const struct master_cf *cf)
{
    for (size_t i = 0; i < SETTINGS; i++)
        check_setting(config, cf, settings[i]);
    for (size_t i = 0; i < sizeof relays / sizeof *relays; i++)
        check_setting(config, cf, relays[i]);
}

/* ---- services that run commands ---- */

static bool is_used(struct config *config, const char *service)
{
    size_t length = strlen(service);

    for (size_t i = 0; i < SETTINGS; i++) {
        struct error why = ERROR_NONE;
        const char *value = config_try(config, settings[i], &why);
        if (value != NULL && strcspn(value, ":") == length &&
            strncmp(value, service, length) == 0)
            return true;
    }
    return false;
}

/* A copy of the words behind the options. */
static char **attributes_in(struct arena *arena,
                            const struct master_entry *entry)
{
    char **words = arena_array(arena, entry->argc + 1, sizeof *words);
    size_t from = 1, count = 0;

    for (; from < entry->argc && entry->argv[from][0] == '-'; from++) {
        if (strcmp(entry->argv[from], "--") == 0) {
            from++;
            break;
        }
        from += strcmp(entry->argv[from], "-o") == 0;
    }
    for (; from < entry->argc; from++)
        words[count++] = arena_strdup(arena, entry->argv[from]);
    words[count] = NULL;
    return words;
}

/* Can the command start with what stands behind it? */
static bool attributes_are_good(struct arena *arena,
                                const struct master_entry *entry,
                                struct error *why)
{
    struct attributes attributes;
    const char *owner = common_params.mail_owner;

    if (strcmp(entry->command, "pipe") == 0)
        return attributes_of_pipe(&attributes, arena,
                                  attributes_in(arena, entry), owner, why);
    if (strcmp(entry->command, "spawn") == 0)
        return attributes_of_spawn(&attributes, arena,
                                   attributes_in(arena, entry), owner, why);
    return true;
}

/* Samples of services for mailing lists and the like name users that a system
 * need not have: that matters when mail goes there. */
static bool is_only_sample(struct config *config,
                           const struct master_entry *entry,
                           const struct error *why)
{
    return strcmp(entry->command, "pipe") == 0 &&
           text_has_prefix(why->text, "user= attribute: ") &&
           !is_used(config, entry->name);
}

void check_attributes(struct config *config, const struct master_entry *entry,
                      const char *where)
{
    struct arena *arena = arena_new();
    struct error why = ERROR_NONE;

    if (!attributes_are_good(arena, entry, &why) &&
        !is_only_sample(config, entry, &why))
        log_warning("%s: service %s cannot run: %s; correct what stands behind "
                    "\"%s\" (see %s(8)), or comment the service out",
                    where, entry->name, why.text, entry->command,
                    entry->command);
    arena_free(arena);
}
