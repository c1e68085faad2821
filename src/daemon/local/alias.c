/* SPDX-License-Identifier: ISC
 *
 * alias.c - what a name stands for, by alias_maps.
 */
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "client/rewrite.h"
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

/* As maps_get, and which table it was. */
static enum answer look_up_key(const char *key, struct str *value,
                               struct table **table)
{
    for (size_t i = 0; i < maps_count(aliases); i++) {
        *table = maps_table(aliases, i);
        enum answer answer =
            *table == NULL ? FAILED : table_get(*table, key, value);
        if (answer != ABSENT)
            return answer;
    }
    return ABSENT;
}

/* Names with special characters are stored quoted; older tables have them as
 * they are. */
static enum answer look_up(struct arena *arena, const char *name,
                           struct str *value, struct table **table)
{
    char *quoted = quote_822_dup(arena, name);
    enum answer answer = look_up_key(quoted, value, table);

    if (answer == ABSENT && strcmp(quoted, name) != 0)
        answer = look_up_key(name, value, table);
    return answer;
}

/* A name in its own alias is the user of that name; one that comes back by
 * way of others never ends. */
static bool is_loop(const struct delivery *d)
{
    const struct expansion *innermost = d->aliases;

    return innermost != NULL && !text_equal_nocase(innermost->name, d->user) &&
           expansion_has(innermost->outer, d->user);
}

/* user+ext, then user. A pattern has seen all of it the first time. */
static enum answer find(struct delivery *d, const char **name,
                        struct str *value, struct table **table)
{
    enum answer answer = ABSENT;

    *name = d->local;
    if (!expansion_has(d->aliases, d->local))
        answer = look_up(d->job->arena, d->local, value, table);
    if (answer == FOUND)
        d->unmatched = NULL;
    if (answer != ABSENT || d->extension == NULL)
        return answer;
    *name = d->user;
    if (expansion_has(d->aliases, d->user))
        return ABSENT;
    return look_up(d->job->arena, d->user, value, table);
}

/* Files and commands in aliases get the rights of who owns the table, and
 * default_privs when that is root (then the rights stay open: lists may be
 * root's), or not known. */
static enum answer set_rights(struct delivery *d, const struct table *table)
{
    struct user_info *user = ARENA_NEW(d->job->arena, struct user_info);
    struct rights *rights = ARENA_NEW(d->job->arena, struct rights);
    struct error why = ERROR_NONE;
    uid_t owner = 0;

    enum table_trust trust = table_owner(table, &owner);
    d->rights = trust == TRUST_UNKNOWN ? rights_default() : NULL;
    if (trust != TRUST_OWNER || owner == 0)
        return FOUND;
    enum answer answer = user_find_uid(d->job->arena, owner, user, &why);
    if (answer == FOUND) {
        *rights = (struct rights){ user->uid, user->gid, NULL };
        d->rights = rights;
        return FOUND;
    }
    log_warning("cannot find the owner %lu of alias database %s",
                (unsigned long)owner, table_name(table));
    return FAILED;
}

/* owner-<name>, if there is one, is the sender of what <name> gets. */
static enum answer set_owner(struct delivery *d, const char *name)
{
    struct str value = STR_EMPTY;
    struct table *table;
    char *owner = arena_printf(d->job->arena, "owner-%s", name);

    if (!common_params.owner_request_special ||
        text_has_prefix_nocase(name, "owner-"))
        return ABSENT;
    enum answer answer = look_up(d->job->arena, owner, &value, &table);
    if (answer == FOUND) {
        d->owner = name;
        d->sender = local_params.expand_owner_alias
                        ? arena_strdup(d->job->arena, value.data)
                        : rewrite_internal(d->job->arena, REWRITE_LOCAL, owner);
    } else if (answer == ABSENT && local_params.reset_owner_alias) {
        d->owner = NULL;
    }
    str_fini(&value);
    return answer;
}

enum answer deliver_alias(const struct delivery *outer, enum fate *fate)
{
    struct delivery d = *outer;
    struct str value = STR_EMPTY;
    struct table *table = NULL;
    struct expansion here = { .outer = outer->aliases };
    size_t count = 0;

    if (is_loop(&d)) {
        log_warning("alias database loop for %s", d.user);
        *fate = report_failed(&d, "5.4.6", "alias database loop for %s",
                              d.user);
        return FOUND;
    }
    enum answer answer = find(&d, &here.name, &value, &table);
    if (answer == FOUND && (set_rights(&d, table) == FAILED ||
                            set_owner(&d, here.name) == FAILED))
        answer = FAILED;
    if (answer == FOUND) {
        d.aliases = &here;
        d.users = NULL;
        set_origin(&d, ORIGIN_ALIAS);
        d.depth++;
    }
    if (answer == FOUND && !report_expanded(&d, d.owner == here.name))
        answer = FAILED;
    if (answer == FOUND) {
        *fate = deliver_list(&d, value.data, &count);
        if (count == 0) {
            log_warning("no recipient in alias lookup result for %s",
                        here.name);
            answer = FAILED;
        }
    }
    str_fini(&value);
    return answer;
}
