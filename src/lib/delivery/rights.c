/* SPDX-License-Identifier: ISC
 *
 * rights.c - as whom an agent opens files.
 */
#include "delivery/rights.h"

#include <errno.h>
#include <signal.h>
#include <unistd.h>

#include "base/fatal.h"
#include "base/priv.h"
#include "base/proc.h"

static uid_t owner_uid;
static gid_t owner_gid;
/* The real id, which stays: asked for once, as identities change often. */
static uid_t real_uid;
/* Whose rights these are, while they are kept. */
static bool are_kept;
static uid_t taken_uid;
static gid_t taken_gid;

void rights_init(const char *mail_owner)
{
    struct error why = ERROR_NONE;

    if (!priv_user(mail_owner, &owner_uid, &owner_gid, &why))
        fatal("mail_owner: %s", why.text);
    real_uid = getuid();
    rights_give_back();
}

bool rights_take(uid_t uid, gid_t gid, struct error *why)
{
    bool again = are_kept && uid == taken_uid && gid == taken_gid;

    are_kept = false;
    if (real_uid == 0) {
        if (!again)
            priv_become(uid, gid);
        taken_uid = uid;
        taken_gid = gid;
        return true;
    }
    if (uid == real_uid)
        return true;
    return error_set(why,
                     "this mail system runs as user %lu and cannot deliver "
                     "with the rights of user %lu",
                     (unsigned long)real_uid, (unsigned long)uid);
}

void rights_give_back(void)
{
    int saved = errno;

    are_kept = false;
    if (real_uid == 0)
        priv_become(owner_uid, owner_gid);
    errno = saved;
}

void rights_keep(void)
{
    are_kept = true;
}

void rights_give_back_kept(void)
{
    if (are_kept)
        rights_give_back();
}

void rights_kill_group(pid_t pid)
{
    if (real_uid == 0)
        priv_become(0, 0);
    proc_kill_group(pid, SIGKILL);
    rights_give_back();
}
