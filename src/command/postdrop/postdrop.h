/* SPDX-License-Identifier: ISC
 *
 * postdrop.h - the parts of postdrop.
 */
#ifndef POSTDROP_POSTDROP_H
#define POSTDROP_POSTDROP_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/stream.h"
#include "base/str.h"

/* ---- user.c: who runs this, and what that user may do ---- */

struct submitter {
    uid_t uid;
    const char *login; /* "unknown" if there is no such account */
    const char *key;   /* login, or "uid:123", for local_login_sender_maps */
};
void submitter_find(struct arena *arena, struct submitter *out);
/* Answers FOUND and ABSENT of authorized_submit_users. fatal() if neither. */
bool submitter_may_submit(const struct submitter *user);
/* local_login_sender_maps. */
bool submitter_may_send_as(struct arena *arena, const struct submitter *user,
                           const char *sender);

/* ---- submit.c ---- */

/* Copy records from <in> to the file <out>, as far as they are allowed;
 * fatal() for a record that no honest client writes. Returns false if the
 * input ends too early. *status: CLEANUP_STAT_ bits; <reason>: or "". */
bool submit_records(struct arena *arena, const struct submitter *user,
                    struct stream *in, struct stream *out, int *status,
                    struct str *reason);

#endif
