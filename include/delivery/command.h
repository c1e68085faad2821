/* SPDX-License-Identifier: ISC
 *
 * command.h - a message into a command, and what the command's end means.
 *
 * The command gets the message on standard input and nothing else of ours. Its
 * output is read meanwhile: it may write before it has read all. Children that
 * it leaves behind keep nobody waiting.
 */
#ifndef DELIVERY_COMMAND_H
#define DELIVERY_COMMAND_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/proc.h"
#include "delivery/agent.h"
#include "mail/mbox.h"

struct command_order {
    struct proc_options proc; /* in, out and err are set by command_run */
    const char *name;         /* as logs and reports show the command */
    struct message_reader *message;
    const struct copy_options *copy;
    long time_limit_s;        /* then it is killed, with its group */
};

/* The strings live in the arena. */
struct command_end {
    bool succeeded;
    char *output;   /* at most its first 1000 bytes, in one line of printable
                       text; "" if it said nothing */
    struct dsn dsn; /* if it failed; a command may begin its output with a
                       status code of its own, "4.1.2 text" */
};

/* Run it to its end. What goes wrong is a failure that can be tried again. */
MAY_WAIT void command_run(struct arena *arena,
                          const struct command_order *order,
                          struct command_end *end);

#endif
