/* SPDX-License-Identifier: ISC
 *
 * postdrop.h - posting a message as a user who may not talk to the services:
 * records to the postdrop command, which may write where users may not.
 */
#ifndef CLIENT_POSTDROP_H
#define CLIENT_POSTDROP_H

#include "base/arena.h"
#include "base/error.h"
#include "base/str.h"
#include "base/stream.h"

struct submission;
/* Start it, with -v so many times. NULL and <why>. */
MAY_WAIT struct submission *submission_open(struct arena *arena, int verbose,
                                            struct error *why);
const char *submission_id(const struct submission *s);
/* All records but the last go here; submission_finish reports failures. */
struct stream *submission_stream(const struct submission *s);
/* Write the last record. CLEANUP_STAT_OK once postdrop has said that the
 * message is safe; otherwise <reason> may be empty. */
MAY_WAIT int submission_finish(struct submission *s, struct arena *arena,
                               struct str *reason);
/* Nothing is kept. */
MAY_WAIT void submission_cancel(struct submission *s);

#endif
