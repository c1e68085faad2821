/* SPDX-License-Identifier: ISC
 *
 * recipient.c - one address: alias, then user, then unknown.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/log.h"
#include "base/text.h"
#include "delivery/delivered_to.h"
#include "local.h"
#include "mail/address.h"

bool expansion_has(const struct expansion *list, const char *name)
{
    for (; list != NULL; list = list->outer)
        if (text_equal_nocase(list->name, name))
            return true;
    return false;
}

bool first_time(const struct delivery *d, const char *what)
{
    struct hash *seen = d->job->seen;
    long limit = message_params.duplicate_filter_limit;
    char *key = text_lower(arena_strdup(d->job->arena, what));

    if (hash_has(seen, key))
        return false;
    if (limit <= 0 || hash_count(seen) < (size_t)limit)
        hash_put(seen, key, seen);
    return true;
}

void delivery_split(struct delivery *d)
{
    struct arena *arena = d->job->arena;
    const char *domain = address_domain(d->to.address);
    char *user;

    d->domain = domain == NULL ? "" : domain;
    d->local = text_lower(address_local(arena, d->to.address));
    d->user = user = arena_strdup(arena, d->local);
    d->extension = d->unmatched = NULL;
    d->delimiter = "";
    const char *delimiters = common_params.recipient_delimiter;
    char *at = *delimiters == '\0'
                   ? NULL
                   : address_split_extension(
                         user, delimiters,
                         common_params.owner_request_special);
    if (at == NULL)
        return;
    d->delimiter = arena_strndup(arena, at, 1);
    d->extension = d->unmatched = at + 1;
    *at = '\0';
}

/* An unmounted home must not make mail go elsewhere. */
static bool home_is_missing(const struct delivery *d,
                            const struct user_info *user, struct error *why)
{
    struct stat st;

    if (!local_params.require_home_directory || request_is_probe(d->job->request))
        return false;
    if (!rights_take(user->uid, user->gid, why))
        return true;
    bool missing = stat(user->home, &st) < 0;
    if (missing)
        error_set(why, "cannot access home directory %s: %m", user->home);
    rights_give_back();
    return missing;
}

/* What comes before the user's own mailbox. */
static enum answer deliver_elsewhere(const struct delivery *d,
                                     bool is_user, enum fate *fate)
{
    enum answer answer = is_user ? deliver_forward_file(d, fate) : ABSENT;

    if (answer == ABSENT && (deliver_mailbox_transport(d, fate) ||
                             (is_user && deliver_mailbox_command(d, fate))))
        return FOUND;
    return answer;
}

static enum fate deliver_to_user(struct delivery *d)
{
    struct user_info *user = ARENA_NEW(d->job->arena, struct user_info);
    struct error why = ERROR_NONE;
    enum fate fate;

    enum answer known = account_find(d->job->arena, d->user, user, &why);
    if (known == FAILED) {
        log_warning("error looking up passwd info for %s: %s", d->user,
                    why.text);
        return report_failed(d, "4.0.0", "user lookup error");
    }
    d->rights = known == FOUND ? rights_of_user(d->job->arena, user) : NULL;
    if (known == FOUND && home_is_missing(d, user, &why))
        return report_failed(d, "4.3.0", "%s", why.text);
    switch (deliver_elsewhere(d, known == FOUND, &fate)) {
    case FOUND: return fate;
    case FAILED: return report_misconfigured(d);
    case ABSENT: break;
    }
    return known == FOUND ? deliver_mailbox(d, user) : deliver_unknown(d);
}

static enum fate deliver_user(struct delivery *d)
{
    enum fate fate = deliver_to_user(d);

    rights_give_back_kept();
    return fate;
}

/* What is not an alias any more, and has a new sender, is posted again: the
 * owner hears of its failure from the new message. */
static bool is_of_other_owner(const struct delivery *d)
{
    return d->owner != NULL && !text_equal_nocase(d->owner, d->user);
}

enum fate deliver_recipient(const struct delivery *outer)
{
    struct delivery d = *outer;
    enum fate fate;

    delivery_split(&d);
    if (d.delivered == NULL || !local_params.frozen_delivered_to)
        d.delivered = d.to.address;
    if (d.depth > NESTING_LIMIT)
        return report_failed(&d, "5.4.6", "recipient nesting limit exceeded");
    if (delivered_to_listed(d.job->delivered, d.to.address))
        return report_failed(&d, "5.4.6", "mail forwarding loop for %s",
                             d.to.address);
    switch (deliver_alias(&d, &fate)) {
    case FOUND: return fate;
    case FAILED:
        return report_failed(&d, "4.3.0", "alias database unavailable");
    case ABSENT: break;
    }
    if (is_of_other_owner(&d))
        return deliver_by_post(&d);
    return deliver_user(&d);
}
