/* SPDX-License-Identifier: ISC
 *
 * alias.c - what a name stands for, by alias_maps.
 */
#include <string.h>

#include "base/text.h"
#include "local.h"
#include "mail/quote.h"
#include "table/maps.h"

static struct maps *aliases;

void alias_open(void)
{
    aliases = maps_open("alias_maps", address_params.alias_maps,
                        TABLE_FOLD | TABLE_NO_REGSUB | TABLE_NO_PROXY |
                            TABLE_UTF8 | TABLE_NO_UNAUTH);
}

/* Names with special characters are stored quoted; older tables have them as
 * they are. */
static enum answer look_up(struct arena *arena, const char *name,
                           struct str *value)
{
    char *quoted = quote_822_dup(arena, name);
    enum answer answer = maps_get(aliases, quoted, false, value);

    if (answer == ABSENT && strcmp(quoted, name) != 0)
        answer = maps_get(aliases, name, false, value);
    return answer;
}

/* user+ext, then user. */
static enum answer find(const struct delivery *d, const char **name,
                        struct str *value)
{
    enum answer answer = ABSENT;

    *name = d->local;
    if (!expansion_has(d->aliases, d->local))
        answer = look_up(d->job->arena, d->local, value);
    if (answer != ABSENT || d->extension == NULL)
        return answer;
    *name = d->user;
    if (expansion_has(d->aliases, d->user))
        return ABSENT;
    return look_up(d->job->arena, d->user, value);
}

/* owner-<name>, if there is one, is the sender of what <name> gets. */
static enum answer set_owner(struct delivery *d, const char *name)
{
    struct str value = STR_EMPTY;
    char *owner = arena_printf(d->job->arena, "owner-%s", name);

    if (text_has_prefix_nocase(name, "owner-"))
        return ABSENT;
    enum answer answer = look_up(d->job->arena, owner, &value);
    if (answer == FOUND) {
        d->owner = name;
        d->sender = local_params.expand_owner_alias
                        ? arena_strdup(d->job->arena, value.data)
                    : *d->domain != '\0'
                        ? arena_printf(d->job->arena, "%s@%s", owner, d->domain)
                        : owner;
    } else if (answer == ABSENT && local_params.reset_owner_alias) {
        d->owner = NULL;
        d->sender = d->job->request->wire->sender;
    }
    str_fini(&value);
    return answer;
}

enum answer deliver_alias(const struct delivery *outer, enum fate *fate)
{
    struct delivery d = *outer;
    struct str value = STR_EMPTY;
    struct expansion here = { .outer = outer->aliases };
    size_t count = 0;

    enum answer answer = find(&d, &here.name, &value);
    if (answer == FOUND && set_owner(&d, here.name) == FAILED)
        answer = FAILED;
    if (answer == FOUND) {
        d.aliases = &here;
        d.origin = ORIGIN_ALIAS;
        d.depth++;
        *fate = deliver_list(&d, value.data, &count);
    }
    str_fini(&value);
    return answer;
}
