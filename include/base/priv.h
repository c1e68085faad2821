/* SPDX-License-Identifier: ISC
 *
 * priv.h - who this process is.
 */
#ifndef BASE_PRIV_H
#define BASE_PRIV_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/error.h"

/* Become <uid>/<gid> for good: groups, gid, uid, checked afterwards. fatal()
 * if it fails. Root may not be asked for when already another user. */
void priv_drop(uid_t uid, gid_t gid);
/* The same for use between fork and exec: async-signal-safe, false and errno
 * if it fails. */
bool priv_try_drop(uid_t uid, gid_t gid);
/* Switch the effective identity (supplementary groups: only gid) and back.
 * fatal() if it fails: a delivery must never go on as the wrong user. */
void priv_become(uid_t uid, gid_t gid);
void priv_restore(void); /* to the real uid and gid that the process had */
bool priv_is_setuid(void); /* effective differs from real id */
/* Look up "user" or a number. False and <why> if unknown; a user must exist
 * even if named by number. <uid> and <gid> of priv_user may be NULL. */
bool priv_user(const char *name, uid_t *uid, gid_t *gid, struct error *why);
bool priv_group(const char *name, gid_t *gid, struct error *why);
/* Keep only the variables listed: "TZ MAIL_CONFIG LANG", "NAME=value" or
 * "{ NAME = value with spaces }", with white space or commas between. */
void priv_clean_environment(const char *import_list);
/* Make sure that descriptors 0, 1, 2 are open (on /dev/null). */
void priv_open_standard_descriptors(void);

#endif
