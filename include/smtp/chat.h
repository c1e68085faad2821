/* SPDX-License-Identifier: ISC
 *
 * chat.h - the transcript of a session, for postmaster notices.
 */
#ifndef SMTP_CHAT_H
#define SMTP_CHAT_H

#include "base/arena.h"
#include "base/str.h"

/* At most 1000 lines of 2048 bytes are kept, oldest are dropped. */
struct chat;
struct chat *chat_new(void);
void chat_free(struct chat *chat);
void chat_reset(struct chat *chat);
void chat_note(struct chat *chat, const char *direction /* "In: " "Out:" */,
               const char *text);
/* How many lines are kept. */
size_t chat_length(const struct chat *chat);
/* Each kept line in order. */
void chat_each(const struct chat *chat, void (*visit)(const char *line, void *),
               void *context);

#endif
