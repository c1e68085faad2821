/* SPDX-License-Identifier: ISC
 *
 * scheduler.h - what is to be delivered and in which order, as plain data.
 *
 * A transport has destinations (its next hops) and jobs (its share of each
 * message). An entry is one delivery request: some recipients of one message
 * for one destination. A peer holds the entries of one job for one
 * destination that are still to do. Nothing here waits, reads a file or asks
 * for the time.
 *
 *     transport --- destination --- peer --- entry
 *          \______ job ____________/
 *
 * Every destination that could take an entry now is in transport->ready,
 * ordered by its first job; so choosing costs the logarithm of their number,
 * whatever is blocked by slow or dead destinations.
 */
#ifndef QMGR_SCHEDULER_H
#define QMGR_SCHEDULER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/heap.h"
#include "base/list.h"
#include "mail/message.h"

/* ---- Settings ---------------------------------------------------------- */

enum feedback_form { FEEDBACK_CONSTANT, FEEDBACK_BY_N, FEEDBACK_BY_ROOT_N };
struct feedback {
    enum feedback_form form;
    double base; /* 0..1 */
};
/* "1", "1/2", "1/concurrency", "0.5 / sqrt_concurrency". */
bool feedback_parse(const char *text, struct feedback *out);

struct transport_settings {
    long recipient_limit;      /* recipients a delivery; 0: no limit */
    long concurrency_limit;    /* 0: no limit */
    long initial_concurrency;
    long failed_cohort_limit;  /* 0: never dead */
    struct feedback positive, negative;
    long slot_cost, slot_loan, slot_discount, minimum_slots;
    long memory_limit, extra_memory_limit; /* recipients in memory */
    long refill_limit;
    int refill_delay_s;
    int destination_rate_delay_s, transport_rate_delay_s;
};

/* ---- Structures -------------------------------------------------------- */

struct scheduler {
    struct hash *transports;  /* struct transport, owned */
    struct heap timers;       /* of suspensions that will end */
    bool rotate;              /* oqmgr: destinations take turns */
    int64_t turn;             /* of the last destination served, if rotate */
    long recipients;          /* in memory */
    long dead_limit;          /* how many dead destinations to remember */
    long dead_count;
};

enum run_state {
    RUN_FREE,      /* may deliver */
    RUN_DEAD,      /* until then, nothing is tried */
    RUN_WAITING,   /* a rate delay */
};
struct suspension {
    struct heap_node node;           /* in scheduler->timers */
    struct transport *transport;     /* whose it is: one of these */
    struct destination *destination;
    enum run_state state;
    char *status, *reason;           /* owned; why dead */
};

/* How often something goes to a destination. It is known for a while after the
 * destination has nothing more to do. */
struct traffic {
    deadline_t last_done;            /* a delivery; 0: none yet */
    long in_a_row;                   /* less than a second after each other */
};
enum { RECENT_MAX = 16, TRAFFIC_MS = 1000 };

struct transport {
    char *name;                      /* owned */
    struct scheduler *scheduler;
    struct transport_settings set;
    struct hash *destinations;       /* owned */
    struct heap ready;               /* destinations, first job first */
    struct list jobs;                /* in the order of their messages */
    struct suspension hold;
    struct job *candidate;           /* to preempt <candidate_for>, or NULL */
    struct job *candidate_for;
    deadline_t candidate_until;      /* what is remembered about that */
    struct job *newcomer;            /* came after that, or NULL */
    long recipients;                 /* in memory */
    long todo;                       /* entries of all destinations */
    /* For deliver.c. */
    int links, waiting, busy;
    struct list idle;
    /* Destinations that were released, a ring. Names are owned. */
    struct { char *name; struct traffic traffic; } recent[RECENT_MAX];
    int next_recent;
};

struct destination {
    char *name, *nexthop;            /* owned */
    struct transport *transport;
    struct heap peers;               /* that have something to do */
    struct heap_node ready;          /* in transport->ready */
    int64_t turn;                    /* when last served, if rotate */
    struct suspension hold;
    long window;                     /* concurrency now allowed */
    long busy, todo;                 /* entries */
    long settling;                   /* of the busy ones */
    double success, failure, failed_cohorts;
    struct traffic traffic;
    bool is_used;                    /* since it was made */
    deadline_t clog_warn_after;
};

struct job {
    struct transport *transport;
    struct message *message;
    struct list by_transport, by_message; /* nodes; transport list in order */
    struct list peers;               /* with something to do; round robin */
    int64_t order;                   /* smaller is sooner */
    deadline_t enqueued;
    long todo;                       /* entries that nobody has taken */
    long selected;                   /* entries taken so far */
    long slots_used;                 /* by those who preempted it */
    struct job *parent;              /* whom it has preempted */
    struct list children, sibling;   /* those who preempted this one */
};

struct peer {
    struct job *job;
    struct destination *destination;
    struct heap_node node;           /* in destination->peers */
    struct list by_job;
    struct list todo;                /* entries */
};

/* Memory of recipients read in one go; freed with the last of its entries. */
struct batch {
    struct arena *arena;             /* owned; NULL: the message's own */
    long users;
};

struct entry {
    struct list node;                /* in peer->todo, or on its way */
    struct peer *peer;               /* NULL once taken */
    struct message *message;
    struct destination *destination;
    struct batch *batch;
    struct recipient *recipients;    /* in the batch's arena */
    size_t count;
    bool settling;
};

/* The scheduler's view of a message; message.h has the rest. */
struct message_schedule {
    int64_t sequence;                /* order in which they became active */
    struct list jobs;
    long entries;                    /* todo and busy, of all jobs */
    long recipients;                 /* in memory */
    long unread;                     /* still in the file only, estimated */
};
struct message_schedule *message_schedule(struct message *message);

/* ---- Operations -------------------------------------------------------- */

void scheduler_init(struct scheduler *s);
void scheduler_fini(struct scheduler *s);
/* The first deadline among <timers>; DEADLINE_NEVER if there is none. */
deadline_t scheduler_next_timer(const struct scheduler *s);
/* End what is due. Returns a transport that may go on, NULL: no more due. */
struct transport *scheduler_expire(struct scheduler *s, deadline_t now);

struct transport *transport_find(struct scheduler *s, const char *name);
struct transport *transport_new(struct scheduler *s, const char *name,
                                const struct transport_settings *settings);
/* Stop until <until>; the texts are copied and may be NULL when waiting. */
void transport_suspend(struct transport *t, enum run_state state,
                       deadline_t until, const char *status,
                       const char *reason);
void transport_resume(struct transport *t);

struct destination *destination_find(struct transport *t, const char *name);
struct destination *destination_new(struct transport *t, const char *name,
                                    const char *nexthop);
void destination_suspend(struct destination *d, enum run_state state,
                         deadline_t until, const char *status,
                         const char *reason);
/* Start again with the initial concurrency if it was dead. May free it. */
void destination_resume(struct destination *d);
/* Say that something that decides about readiness has changed. */
void destination_update(struct destination *d);
/* A delivery has ended. */
void destination_count(struct destination *d, deadline_t now);
/* Is there more for the same place, or was there a moment ago? */
bool destination_has_traffic(const struct destination *d, deadline_t now);
/* Free it if nothing refers to it. */
void destination_release(struct destination *d);

/* How a delivery ended for the next hop as a whole. Returns true if the
 * destination has to be declared dead. */
bool feedback_failure(struct destination *d);
void feedback_success(struct destination *d);
/* Log each change (destination_concurrency_feedback_debug). */
void feedback_set_debug(bool on);

/* One more thing to do. <now> is for the age of its job. */
struct entry *entry_new(struct message *message, struct destination *d,
                        struct batch *batch, struct recipient *recipients,
                        size_t count, deadline_t now);
/* Take the entry: it becomes busy. Used by the strategies. */
void entry_select(struct entry *e);
/* A busy entry waits for the disk only. The concurrency limit is not for
 * that: up to SETTLING_MAX of a destination may do so besides. */
enum { SETTLING_MAX = 8 };
void entry_settle(struct entry *e);
/* A busy entry has been dealt with; frees it, and perhaps the destination. */
void entry_done(struct entry *e);
/* Give every entry that <d> has to do to <out>; they count as outstanding,
 * and belong nowhere until entry_rehome or entry_forget. */
void destination_take_todo(struct destination *d, struct list *out);
void entry_rehome(struct entry *e, struct destination *d, deadline_t now);
void entry_forget(struct entry *e, struct scheduler *s);

/* The next entry to deliver through <t>, already selected; NULL if none. */
struct entry *scheduler_choose(struct transport *t, deadline_t now);
struct entry *sched_job_choose(struct transport *t, deadline_t now);
struct entry *sched_rotate_choose(struct transport *t);

/* One user less; the last one frees it. */
void batch_release(struct batch *batch);

/* For entry.c: the share of <message>, made if need be. */
struct job *job_get(struct message *message, struct transport *t,
                    deadline_t now);
/* Nothing more will come from this job now; out of the order if it is
 * complete. */
void job_retire_if_done(struct job *job);
void jobs_free(struct message *message);
/* How many recipients of <message> may be read next, at most. */
long job_memory_allowance(struct message *message);

#endif
