/* SPDX-License-Identifier: ISC
 *
 * user.c - who runs postdrop, and what that user may do.
 */
#include <string.h>
#include <unistd.h>

#include "base/fatal.h"
#include "base/text.h"
#include "config/params.h"
#include "mail/address.h"
#include "mail/user.h"
#include "postdrop.h"
#include "service/authorized.h"
#include "table/maps.h"

void submitter_find(struct arena *arena, struct submitter *out)
{
    struct user_info info;
    struct error why = ERROR_NONE;

    out->uid = getuid();
    out->login = "unknown";
    out->key = arena_printf(arena, "uid:%ld", (long)out->uid);
    switch (user_find_uid(arena, out->uid, &info, &why)) {
    case FOUND: out->login = out->key = info.name; return;
    case ABSENT: return;
    case FAILED:
        fatal("cannot find the account of uid %ld: %s", (long)out->uid,
              why.text);
    }
}

bool submitter_may_submit(const struct submitter *user)
{
    return authorized_user("authorized_submit_users",
                           submit_params.authorized_submit_users, user->login);
}

/* ---- senders ---- */

/* Without the extension, as it says nothing about who it is. */
static const char *plain_sender(struct arena *arena, const char *sender)
{
    const char *domain = address_domain(sender);
    char *local = address_local(arena, sender);
    char *extension = address_split_extension(
        local, common_params.recipient_delimiter, true);

    if (extension != NULL)
        *extension = '\0';
    return domain == NULL ? local : arena_printf(arena, "%s@%s", local, domain);
}

static bool pattern_allows(const char *pattern, const char *sender)
{
    const char *at = address_at(sender);

    if (strcmp(pattern, "*") == 0)
        return true;
    if (*sender == '\0')
        return text_equal_nocase(
            pattern,
            submit_params.empty_address_local_login_sender_maps_lookup_key);
    if (pattern[0] == '@')
        return at != NULL && text_equal_nocase(pattern, at);
    return text_equal_nocase(pattern, sender);
}

bool submitter_may_send_as(struct arena *arena, const struct submitter *user,
                           const char *sender)
{
    struct maps *maps =
        maps_open("local_login_sender_maps",
                  submit_params.local_login_sender_maps, TABLE_FOLD);
    struct str value = STR_EMPTY;
    bool allowed = false;

    sender = plain_sender(arena, sender);
    enum answer answer = maps_get(maps, user->key, false, &value);
    if (answer == FAILED)
        fatal("local_login_sender_maps: lookup of %s failed", user->key);
    char **pattern = text_split(arena, value.data, NULL, NULL);
    for (; answer == FOUND && *pattern != NULL && !allowed; pattern++)
        allowed = pattern_allows(*pattern, sender);
    str_fini(&value);
    maps_close(maps);
    return allowed;
}
