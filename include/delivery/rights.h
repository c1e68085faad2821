/* SPDX-License-Identifier: ISC
 *
 * rights.h - as whom an agent opens files: mail_owner, and the recipient for
 * what is the recipient's.
 */
#ifndef DELIVERY_RIGHTS_H
#define DELIVERY_RIGHTS_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/error.h"

/* Once, after the jail: an agent that was started as root goes on as
 * <mail_owner>. fatal() if there is no such user. */
void rights_init(const char *mail_owner);
/* Become the recipient. Root is possible for root's own mailbox alone: the
 * caller sees to it. False and <why>: the mail system runs without
 * privileges, as another user. */
bool rights_take(uid_t uid, gid_t gid, struct error *why);
/* Be mail_owner again. errno stays. */
void rights_give_back(void);
/* What rights_take gave will be taken again before anything else is opened or
 * connected to: stay so until then, or until rights_give_back_kept, which must
 * come in any case. errno stays. */
void rights_keep(void);
void rights_give_back_kept(void);
/* Kill a command and its group, which may be somebody else's, whom mail_owner
 * may not kill. */
void rights_kill_group(pid_t pid);

#endif
