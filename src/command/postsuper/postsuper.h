/* SPDX-License-Identifier: ISC
 *
 * postsuper.h - what the parts of the command share.
 */
#ifndef POSTSUPER_POSTSUPER_H
#define POSTSUPER_POSTSUPER_H

#include <stdbool.h>

/* NULL-terminated lists of queues, in the order they are worked on. */
extern const char *const all_queues[];     /* with logfiles */
extern const char *const message_queues[];

bool is_message_queue(const char *queue);

/* ---- actions.c: what is done to messages. ---- */

enum action {
    ACTION_DELETE,
    ACTION_REQUEUE,
    ACTION_HOLD,
    ACTION_EXPIRE,
    ACTION_RELEASE,
    ACTION_COUNT, /* reports are in this order */
};

struct request {
    const char *id; /* a queue ID, "ALL", or "-" for IDs on standard input */
    bool actions[ACTION_COUNT]; /* what to do, in this order */
};
/* <queues>: those named on the command line, or NULL for the defaults. */
void act(const struct request *request, const char *const *queues);
/* "Deleted: 2 messages" for an action that was asked for. */
void report_action(enum action action);

/* ---- folders.c: hashed queues. ---- */

/* Do <work> for "queue/x", "queue/y" and whatever else is there, by several
 * threads. Returns when all is done. */
void each_folder(const char *queue,
                 void (*work)(const char *folder, void *context),
                 void *context);

/* ---- structure.c: repairs. ---- */

struct repair_options {
    bool purge;          /* remove what crashes left */
    bool structure;      /* names and places */
    bool long_names_too; /* inode numbers in long names */
};
void repair(const char *const *queues, const struct repair_options *options);

#endif
