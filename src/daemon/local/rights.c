/* SPDX-License-Identifier: ISC
 *
 * rights.c - whose rights commands and files get.
 *
 * They are those of the recipient; without one, of who owns the list or the
 * alias table; and where that is root, of default_privs.
 */
#include <unistd.h>

#include "base/fatal.h"
#include "base/priv.h"
#include "local.h"

static struct rights default_rights;

void default_rights_init(void)
{
    struct error why = ERROR_NONE;

    if (!priv_user(local_params.default_privs, &default_rights.uid,
                   &default_rights.gid, &why))
        fatal("default_privs: %s", why.text);
    if (default_rights.uid == 0 || default_rights.gid == 0)
        fatal("default_privs: %s: privileged user",
              local_params.default_privs);
    /* Commands of users with the rights of the mail system could do all. */
    uid_t owner;
    if (getuid() == 0 &&
        priv_user(common_params.mail_owner, &owner, NULL, &why) &&
        default_rights.uid == owner)
        fatal("default_privs: %s: the mail system owner",
              local_params.default_privs);
}

const struct rights *rights_default(void)
{
    return &default_rights;
}

const struct rights *rights_of_user(struct arena *arena,
                                    const struct user_info *user)
{
    struct rights *rights = ARENA_NEW(arena, struct rights);

    *rights = (struct rights){ user->uid, user->gid, user };
    return rights;
}

const struct rights *rights_for(const struct delivery *d)
{
    if (d->rights == NULL || d->rights->uid == 0)
        return &default_rights;
    return d->rights;
}
