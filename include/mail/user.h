/* SPDX-License-Identifier: ISC
 *
 * user.h - the system's accounts.
 */
#ifndef MAIL_USER_H
#define MAIL_USER_H

#include <sys/types.h>

#include "base/arena.h"
#include "base/error.h"
#include "table/table.h"

struct user_info { /* texts in the arena given */
    const char *name, *full_name, *home, *shell;
    uid_t uid;
    gid_t gid;
};

/* By name. The lookup may go to a network service and runs
 * through offload(). FAILED: the service did not answer; <why>. */
MAY_WAIT enum answer user_find(struct arena *arena, const char *name,
                               struct user_info *out, struct error *why);
MAY_WAIT enum answer user_find_uid(struct arena *arena, uid_t uid,
                                   struct user_info *out, struct error *why);

#endif
