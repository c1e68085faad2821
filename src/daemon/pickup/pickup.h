/* SPDX-License-Identifier: ISC
 *
 * pickup.h - a file of the maildrop queue.
 */
#ifndef PICKUP_PICKUP_H
#define PICKUP_PICKUP_H

#include <stdbool.h>
#include <sys/stat.h>

#include "base/arena.h"
#include "base/error.h"

struct maildrop_file {
    const char *id;         /* its name */
    struct stat st;
    bool is_requeued;       /* by postsuper: it comes from our own queue */
};

enum copy_outcome {
    PICKUP_DONE,    /* in the queue, or rightly refused: remove the file */
    PICKUP_BAD,     /* not a message: remove the file; <why> is set */
    PICKUP_LATER,   /* keep the file */
};

void copy_set_up(void);
/* Take over <fd>, and send what is in the file to cleanup. */
MAY_WAIT enum copy_outcome copy_message(const struct maildrop_file *file,
                                        int fd, struct error *why);

/* False and <why>: it would stay, and must not be sent. */
bool removal_is_possible(const struct maildrop_file *file, struct error *why);
/* It was sent, and stayed. */
bool removal_is_due(const struct maildrop_file *file);
/* False: it stays for now; this is logged, and remembered. */
bool removal_do(const struct maildrop_file *file);

#endif
