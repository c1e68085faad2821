/* SPDX-License-Identifier: ISC
 *
 * message.h - a message in the active queue, and who does what with it.
 *
 * Files: scan.c finds messages, active.c takes them in, leave.c lets them go,
 * message.c reads recipients, route.c asks where they go, assign.c makes
 * entries of them, deliver.c talks to delivery agents, bounce.c does what
 * needs no agent.
 */
#ifndef QMGR_MESSAGE_H
#define QMGR_MESSAGE_H

#include <sys/stat.h>

#include "base/stream.h"
#include "client/bounce.h"
#include "mail/message.h"
#include "mail/message_reader.h"
#include "scheduler.h"

enum message_flag {
    MESSAGE_FLUSH = 1 << 0,        /* defer_transports does not apply */
    MESSAGE_UNTHROTTLE = 1 << 1,   /* its destinations are tried again */
    MESSAGE_FORCE_EXPIRE = 1 << 2, /* to be returned, without an attempt */
    MESSAGE_DEFERRED = 1 << 3,     /* some recipient was */
    MESSAGE_BUSY = 1 << 4,         /* being read or finished: hands off */
    MESSAGE_PROBE = 1 << 5,        /* counted among address probes */
    MESSAGE_UNREADABLE = 1 << 6,   /* the disk failed, not what is in it */
};

struct message {
    struct message_schedule schedule;
    char *id;                 /* owned */
    struct arena *arena;      /* owned: envelope, perhaps recipients */
    struct envelope envelope; /* texts in <arena> */
    struct timeval active_since;
    off_t next;               /* where unread recipients begin; 0: none */
    unsigned flags;
    deadline_t last_read;
};

/* ---- message.c --------------------------------------------------------- */

struct message *message_new(const char *id);
void message_free(struct message *m);
/* Read and check the envelope. False: as below. */
bool message_read_envelope(struct message *m, struct message_reader *reader,
                           struct error *why);
/* Read recipients from <reader>, which stands at the next one, find out where
 * they go and settle what needs no delivery. Closes the reader, then puts
 * the rest into the scheduler. False and <why>: the file is corrupt, or not to
 * be read now (MESSAGE_UNREADABLE); then nothing was scheduled. */
MAY_WAIT bool message_read_recipients(struct message *m,
                                      struct message_reader *reader,
                                      struct error *why);
/* Some entry was taken or done: read on if there is room. */
void message_consider_refill(struct message *m);
struct status_message message_status(const struct message *m);
struct delivery_times message_times(const struct message *m);

/* ---- route.c ----------------------------------------------------------- */

struct route {
    struct recipient to;
    bool is_discarded; /* mail to double-bounce ends here */
    const char *transport, *nexthop;
};
/* Fill the rest of <route>, texts in <arena>; a new recipient address goes
 * into <keep>. */
MAY_WAIT void route_find(struct message *m, struct arena *arena,
                         struct arena *keep, struct route *route);

/* ---- assign.c ---------------------------------------------------------- */

#define RETRY_SERVICE "retry" /* defers, with its next hop as the reason */

/* Put the recipients that are not discarded into the scheduler. <batch> has one
 * user, the caller, who still holds it afterwards. Does not wait. */
void assign_routes(struct message *m, struct batch *batch,
                   struct route *routes, size_t count);
/* Everything that waits for the dead <d> or <t> goes to the retry service. */
void assign_give_up_destination(struct destination *d);
void assign_give_up_transport(struct transport *t);
extern struct scheduler the_scheduler;

/* ---- bounce.c ---------------------------------------------------------- */

/* Log and record the end of a discarded recipient, mark it in file <fd>. */
MAY_WAIT void discard_recipient(struct message *m, int fd,
                                const struct recipient *to);
/* Defer the recipients of these entries, that no agent can take, with the
 * text of <t> or <d>'s reason; in a fiber of its own. */
void defer_entries(struct list *entries, const char *status,
                   const char *reason);

/* ---- deliver.c --------------------------------------------------------- */

/* There may be something to deliver: start what can be started. */
void deliver_kick(struct transport *t);
void deliver_kick_all(void);
void deliver_set_up(void);

/* ---- expire.c ---------------------------------------------------------- */

/* Is there a reason in the defer log for each recipient that is left? */
bool expire_has_reasons(const char *id);

/* ---- active.c ---------------------------------------------------------- */

enum take_flag {
    TAKE_FLUSH = 1 << 0,      /* as MESSAGE_FLUSH */
    TAKE_ANY_TIME = 1 << 1,   /* also if it is to wait until later */
    TAKE_FRESH = 1 << 2,      /* just made by cleanup: has no old logs */
};
bool active_has_room(void);
/* Is there something to do with this file now? */
bool active_is_due(const struct stat *st, unsigned flags);
/* Move queue file <id> from <queue> to active and schedule it. False: it is
 * not there, not ready, or not due. */
MAY_WAIT bool active_take(const char *queue, const char *id, unsigned flags);
/* Back to the deferred queue; to the corrupt one. */
void active_defer_file(const char *id);
void active_save_corrupt(const char *id);
bool active_set_times(const char *queue, const char *id, time_t when);
/* The sender as it is logged. */
const char *active_sender(struct message *m);
/* The message is gone from our memory; room for another. */
void active_drop(struct message *m);
/* Files that could not leave the active queue, for want of an inode or for
 * some other fault of the disk, are deferred now. */
void active_free_stranded(void);
/* There are, or may be, such files. */
void active_has_stranded(void);
/* <m> has been read and is marked busy: let its deliveries begin. It may be
 * gone afterwards. */
void active_start_delivery(struct message *m);
long active_probe_count(void);
long active_count(void);
void active_set_up(void);

/* ---- leave.c ----------------------------------------------------------- */

/* All entries in memory are done: read on, or finish with the message. */
void message_entries_done(struct message *m);

/* ---- scan.c ------------------------------------------------------------ */

/* Move what an earlier process left in active back to incoming. */
void scan_recover_active(void);
/* The letters of a trigger, see queue-format: W I D F A, N<id>\n. */
void scan_request(const char *bytes, size_t length);
/* The feeder; never returns. */
MAY_WAIT void scan_run(void);
void scan_room_in_active(void);
/* Something in incoming could not be taken, and nobody would ask for it again:
 * in so many seconds (5 to 300) it is scanned. */
int scan_again_soon(void);

#endif
