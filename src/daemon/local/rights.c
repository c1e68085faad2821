/* SPDX-License-Identifier: ISC
 *
 * rights.c - as whom files are opened and commands are run.
 *
 * Between deliveries local is mail_owner; it becomes the recipient for what
 * the recipient asked for, and never acts as root on anybody's behalf.
 */
#include <errno.h>
#include <unistd.h>

#include "base/fatal.h"
#include "base/priv.h"
#include "local.h"

static uid_t owner_uid;
static gid_t owner_gid;
static struct rights default_rights;

void rights_init(void)
{
    struct error why = ERROR_NONE;

    if (!priv_user(local_params.default_privs, &default_rights.uid,
                   &default_rights.gid, &why))
        fatal("default_privs: %s", why.text);
    if (default_rights.uid == 0 || default_rights.gid == 0)
        fatal("default_privs: %s: privileged user",
              local_params.default_privs);
    if (!priv_user(common_params.mail_owner, &owner_uid, &owner_gid, &why))
        fatal("mail_owner: %s", why.text);
    if (getuid() == 0)
        priv_become(owner_uid, owner_gid);
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

bool rights_take(const struct rights *rights, struct error *why)
{
    if (getuid() == 0) {
        priv_become(rights->uid, rights->gid);
        return true;
    }
    if (rights->uid == getuid())
        return true;
    return error_set(why, "this mail system is run by user %lu and cannot "
                          "deliver with the rights of user %lu",
                     (unsigned long)getuid(), (unsigned long)rights->uid);
}

void rights_give_back(void)
{
    if (getuid() == 0)
        priv_become(owner_uid, owner_gid);
}
