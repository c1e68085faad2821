/* SPDX-License-Identifier: ISC
 *
 * rights.c - as whom an agent opens files.
 */
#include "delivery/rights.h"

#include <errno.h>
#include <unistd.h>

#include "base/fatal.h"
#include "base/priv.h"

static uid_t owner_uid;
static gid_t owner_gid;

void rights_init(const char *mail_owner)
{
    struct error why = ERROR_NONE;

    if (!priv_user(mail_owner, &owner_uid, &owner_gid, &why))
        fatal("mail_owner: %s", why.text);
    rights_give_back();
}

bool rights_take(uid_t uid, gid_t gid, struct error *why)
{
    if (getuid() == 0) {
        priv_become(uid, gid);
        return true;
    }
    if (uid == getuid())
        return true;
    return error_set(why,
                     "this mail system runs as user %lu and cannot deliver "
                     "with the rights of user %lu",
                     (unsigned long)getuid(), (unsigned long)uid);
}

void rights_give_back(void)
{
    int saved = errno;

    if (getuid() == 0)
        priv_become(owner_uid, owner_gid);
    errno = saved;
}
