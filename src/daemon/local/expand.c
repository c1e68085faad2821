/* SPDX-License-Identifier: ISC
 *
 * expand.c - the right hand side of an alias, a line of a list or of a
 * forward file: addresses, "|command", /file and :include:/file.
 */
#include <stdint.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "client/resolve.h"
#include "client/rewrite.h"
#include "local.h"
#include "mail/address.h"
#include "mail/token822.h"

/* Local mail of aliases is delivered right here. What comes from a list or a
 * user's file is posted again, so that each recipient has a status on file;
 * but users may name themselves. */
static bool stays_here(const struct delivery *d,
                       const struct resolve_reply *where)
{
    struct delivery inner = *d;

    if (strcmp(where->transport, service_name()) != 0)
        return false;
    if (d->origin == ORIGIN_ALIAS)
        return true;
    delivery_split(&inner);
    return d->origin == ORIGIN_FORWARD && expansion_has(d->users, inner.user);
}

/* In its own alias or forward file an address is the user behind it: not the
 * duplicate that it looks like. */
static bool names_itself(const struct delivery *d)
{
    struct delivery inner = *d;

    delivery_split(&inner);
    return expansion_has(d->users, inner.user) ||
           expansion_has(d->aliases, inner.user);
}

/* user@domain to user+ext@domain. */
static const char *add_extension(struct arena *arena, const struct delivery *d,
                                 const char *address)
{
    const char *at = address_at(address);

    if (d->unmatched == NULL || *d->unmatched == '\0' || at == NULL)
        return address;
    return arena_printf(arena, "%.*s%s%s%s", (int)(at - address),
                        address, d->delimiter, d->unmatched, at);
}

enum fate deliver_by_post(const struct delivery *d)
{
    return request_is_probe(d->job->request) ? report_sent(d, "forwards to %s", d->to.address)
                       : forward_add(d, d->to.address);
}

/* Where <text> leads to; strings of <arena>. */
static void resolve_destination(struct arena *arena, const struct delivery *d,
                                const char *text, struct resolve_reply *where)
{
    const char *address =
        add_extension(arena, d, rewrite_internal(arena, REWRITE_LOCAL, text));

    resolve_address(arena, d->sender, address, where);
    if (where->flags & (RESOLVE_FAILED | RESOLVE_BAD))
        where->recipient = address;
}

static enum fate deliver_resolved(struct delivery *d, const char *text,
                                  const struct resolve_reply *where,
                                  const char *source)
{
    if (where->flags & RESOLVE_FAILED)
        return report_failed(d, "4.3.0", "address resolver failure");
    if (where->flags & RESOLVE_BAD)
        return report_failed(d, "5.1.3", "bad recipient address syntax: %s",
                             text);
    if (names_itself(d))
        return deliver_recipient(d);
    /* Once in each list that it is in: what is behind it has places of its own
     * in the filter. */
    char *what = arena_printf(d->job->arena, "address %s of %s",
                              d->to.address, source);
    return first_time(d, what) ? deliver_recipient(d) : FINISHED;
}

/* A list may have any number of addresses that go elsewhere: only what is
 * posted of them is kept. */
enum fate deliver_address(const struct delivery *outer, const char *text)
{
    struct delivery d = *outer;
    struct arena *scratch = arena_new();
    struct resolve_reply where;

    d.to.offset = 0;
    resolve_destination(scratch, &d, text, &where);
    d.to.address = where.recipient;
    bool good = (where.flags & (RESOLVE_FAILED | RESOLVE_BAD)) == 0;
    bool leaves = good && !stays_here(&d, &where);
    enum fate fate = leaves ? deliver_by_post(&d) : FINISHED;
    if (!leaves) {
        d.to.address = arena_strdup(d.job->arena, where.recipient);
        fate = deliver_resolved(&d, text, &where, outer->to.address);
    }
    arena_free(scratch);
    return fate;
}

bool origin_is_in(const struct delivery *d, const char *list)
{
    static const struct { enum origin origin; const char *name; } names[] = {
        { ORIGIN_ALIAS, "alias" },
        { ORIGIN_FORWARD, "forward" },
        { ORIGIN_INCLUDE, "include" },
    };

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (names[i].origin == d->origin)
            return text_lists_word_nocase(list, names[i].name);
    return false;
}

void set_origin(struct delivery *d, enum origin origin)
{
    d->origin = origin;
    if (!origin_is_in(d, message_params.propagate_unmatched_extensions))
        d->unmatched = NULL;
}

/* NULL: nobody knows whose home is meant, or it is somebody else's. */
static const char *file_at_home(const struct delivery *d, const char *text)
{
    const struct user_info *user = d->rights == NULL ? NULL : d->rights->user;

    if (user == NULL) {
        log_warning("unknown home directory for: %s", text);
        return NULL;
    }
    if (text[1] != '/') {
        log_warning("bad home directory syntax for: %s", text);
        return NULL;
    }
    return arena_printf(d->job->arena, "%s%s", user->home, text + 1);
}

static enum fate deliver_destination(const struct delivery *d,
                                     const char *text)
{
    static const char include[] = ":include:";

    if (*text == '~' && (text = file_at_home(d, text)) == NULL)
        return report_failed(d, "5.3.5", "mail system configuration error");
    if (*text == '|')
        return origin_is_in(d, local_params.allow_mail_to_commands)
                   ? deliver_command(d, text + 1)
                   : report_failed(d, "5.7.1",
                                   "mail to command is restricted");
    if (*text == '/')
        return origin_is_in(d, local_params.allow_mail_to_files)
                   ? deliver_file(d, text)
                   : report_failed(d, "5.7.1", "mail to file is restricted");
    if (text_has_prefix_nocase(text, include))
        return deliver_include(d, text + strlen(include));
    return deliver_address(d, text);
}

enum fate deliver_list(const struct delivery *d, const char *text,
                       size_t *count)
{
    struct arena *scratch = arena_new();
    enum fate fate = FINISHED;

    for (struct token822 *token = token822_parse(scratch, text, SIZE_MAX);
         token != NULL; token = token->next)
        if (token->kind == TOKEN_ADDRESS && token->child != NULL) {
            const char *one = token822_internal(scratch, token->child);
            ++*count;
            fate = fate_worse(fate, deliver_destination(d, one));
        }
    arena_free(scratch);
    return fate;
}
