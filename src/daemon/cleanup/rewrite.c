/* SPDX-License-Identifier: ISC
 *
 * rewrite.c - addresses in envelope and headers: standard form, canonical
 * maps, masquerade.
 */
#include <string.h>

#include "base/fatal.h"
#include "base/log.h"
#include "base/text.h"
#include "config/main_cf.h"
#include "mail/address.h"
#include "mail/find.h"
#include "mail/local_domain.h"
#include "mail/token822.h"
#include "message.h"
#include "service/service.h"

/* The tables in the order in which they are asked. */
static struct canonical {
    const char *title;
    struct maps *maps;
    unsigned classes;
} canonicals[3];

static struct local_domains *local_domains;
static struct find_options find_options;
static bool propagates_canonical;

/* ---- set up ---- */

unsigned address_classes_parse(const char *name, const char *list,
                               unsigned allowed)
{
    static const struct {
        const char *word;
        unsigned bit;
    } words[] = {
        { "envelope_sender", CLASS_ENVELOPE_SENDER },
        { "envelope_recipient", CLASS_ENVELOPE_RECIPIENT },
        { "header_sender", CLASS_HEADER_SENDER },
        { "header_recipient", CLASS_HEADER_RECIPIENT },
    };
    enum { COUNT = sizeof words / sizeof *words };
    struct arena *arena = arena_new();
    char **word = text_split(arena, list, NULL, NULL);
    unsigned bits = 0;

    for (; *word != NULL; word++) {
        size_t i = 0;
        while (i < COUNT && ((words[i].bit & allowed) == 0 ||
                             strcmp(words[i].word, *word) != 0))
            i++;
        if (i == COUNT)
            fatal("unknown %s value \"%s\" in \"%s\"", name, *word, list);
        bits |= words[i].bit;
    }
    arena_free(arena);
    return bits;
}

bool rewrite_propagates(const char *what)
{
    return text_lists_word_nocase(
        message_params.propagate_unmatched_extensions, what);
}

static void set_up_find(void)
{
    local_domains = local_domains_open(
        common_params.myorigin, address_params.mydestination,
        common_params.inet_interfaces, common_params.proxy_interfaces,
        common_params.inet_protocols);
    find_options = (struct find_options) {
        .steps = FIND_DEFAULT,
        .delimiters = common_params.recipient_delimiter,
        .myorigin = common_params.myorigin,
        .is_local = local_domains_own,
        .context = local_domains,
    };
}

const struct find_options *rewrite_find_options(void)
{
    return &find_options;
}

static void open_canonical(struct canonical *c, const char *title,
                           const char *list, const char *classes_name,
                           const char *classes, unsigned allowed)
{
    c->title = title;
    c->maps = maps_open(title, list, TABLE_FOLD | TABLE_UTF8);
    c->classes = address_classes_parse(classes_name, classes, allowed);
}

void rewrite_set_up(void)
{
    set_up_find();
    propagates_canonical = rewrite_propagates("canonical");
    open_canonical(&canonicals[0], "sender_canonical_maps",
                   address_params.sender_canonical_maps,
                   "sender_canonical_classes",
                   cleanup_params.sender_canonical_classes,
                   CLASS_ENVELOPE_SENDER | CLASS_HEADER_SENDER);
    open_canonical(&canonicals[1], "recipient_canonical_maps",
                   address_params.recipient_canonical_maps,
                   "recipient_canonical_classes",
                   cleanup_params.recipient_canonical_classes,
                   CLASS_ENVELOPE_RECIPIENT | CLASS_HEADER_RECIPIENT);
    open_canonical(&canonicals[2], "canonical_maps",
                   address_params.canonical_maps, "canonical_classes",
                   cleanup_params.canonical_classes, CLASS_ANY);
}

/* ---- one address ---- */

static const char *map_once(struct message *m, const struct canonical *c,
                            const char *address)
{
    char **found;
    size_t count;

    switch (find_addresses(c->maps, m->results, address, &find_options,
                           propagates_canonical, &found, &count)) {
    case FOUND: break;
    case ABSENT: return address;
    case FAILED:
        message_defer_lookup(m, c->title, address);
        return address;
    }
    if (count > 1)
        log_warning("%s: multi-valued %s entry for %s", m->id, c->title,
                    address);
    return rewrite_internal(m->results, REWRITE_LOCAL, found[0]);
}

/* A result is looked up again, until it stays as it is. Tables that lead in
 * circles are worth a warning; mail goes on with the address reached. */
static const char *map_canonical(struct message *m, const struct canonical *c,
                                 const char *address)
{
    enum { STEPS_MAX = 10 };
    const char *start = address;

    for (int i = 0; i < STEPS_MAX; i++) {
        const char *mapped = map_once(m, c, address);
        if (text_equal_nocase(mapped, address) || message_failed(m))
            return mapped;
        address = mapped;
    }
    log_warning("%s: unreasonable %s map nesting for %s -- message not "
                "accepted, try again later",
                m->id, c->title, start);
    return address;
}

/* Of addresses that are empty, only a sender's is one: tables know it as "". */
static const char *map_address(struct message *m, const char *address,
                               enum address_class class)
{
    if ((*address == '\0' && class != CLASS_ENVELOPE_SENDER) ||
        !(m->flags & CLEANUP_MAP) || message_failed(m))
        return address;
    for (size_t i = 0; i < sizeof canonicals / sizeof *canonicals; i++)
        if ((canonicals[i].classes & class) &&
            !maps_is_empty(canonicals[i].maps))
            address = map_canonical(m, &canonicals[i], address);
    return masquerade(m, address, class);
}

const char *rewrite_address(struct message *m, const char *address,
                            enum address_class class)
{
    return map_address(
        m, rewrite_internal(m->results, REWRITE_LOCAL, address), class);
}

/* ---- headers ---- */

struct header_visit {
    struct message *m;
    enum address_class class;
    bool changed;
};

/* An address that stays the same may be written in another way: "u"@x.test
 * needs no quotes, and u..v@x.test does. */
static void rewrite_spec(struct token822 **spec, void *context)
{
    struct header_visit *visit = context;
    struct message *m = visit->m;
    const char *address = token822_external(m->scratch, *spec);
    const char *mapped =
        map_address(m, rewrite_external(m->scratch, m->rewrite, address),
                    visit->class);

    *spec = token822_from_internal(m->scratch, mapped);
    if (strcmp(address, token822_external(m->scratch, *spec)) != 0)
        visit->changed = true;
}

const char *rewrite_header(struct message *m, const char *text,
                           enum address_class class)
{
    struct header_visit visit = { .m = m, .class = class };
    const char *value = header_value(text);
    struct str line = STR_EMPTY;

    struct token822 *tokens =
        token822_parse(m->scratch, value,
                       (size_t)message_params.header_address_token_limit);
    m->results = m->scratch;
    token822_each_address(tokens, rewrite_spec, &visit);
    m->results = m->arena;
    if (!visit.changed)
        return text;
    size_t name = strcspn(text, ":");
    str_add_bytes(&line, text, name);
    str_add(&line, ": ");
    token822_format(&line, tokens);
    text = arena_strdup(m->scratch, line.data);
    str_fini(&line);
    return text;
}
