/* SPDX-License-Identifier: ISC
 *
 * master.h - the process manager's own structs.
 *
 * A service has listeners, a pipe on which its children report, and children.
 * While no child has room, and the limit allows one more, the listeners are
 * watched: a client that waits there starts a child.
 */
#ifndef MASTER_MASTER_H
#define MASTER_MASTER_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/addr.h"
#include "base/array.h"
#include "base/clock.h"
#include "base/list.h"
#include "base/loop.h"
#include "config/master_cf.h"

struct listener {
    int fd;
    struct addr addr;         /* inet only */
    struct loop_watch *watch; /* owned */
    bool wanted;              /* while a new configuration is applied */
};

struct served {
    struct list node;                 /* in services */
    char *name;                       /* owned; first field of master.cf */
    enum master_type type;
    const struct master_entry *entry; /* of the current master.cf */
    char *path;                       /* owned; NULL for inet */
    struct { ARRAY_OF(struct listener *); } listeners; /* owned */
    bool is_public;                   /* inet, and not only on loopback */
    bool wanted;                      /* the new master.cf still has it */

    long limit;                       /* clients at a time; 0: no limit */
    long clients_a_process;           /* 1, or more with a high limit */
    bool has_reserve;                 /* the last process takes many clients */
    long processes, seats;            /* of all children; what they can take */
    long available;                   /* children that have room */
    long available_reserve;           /* those of them that take many */
    bool is_listening, is_throttled, was_used;

    unsigned generation;
    int status_read, status_write;    /* -1: none */
    struct loop_watch *status_watch;  /* owned */
    struct loop_timer *wakeup_timer, *throttle_timer, *stress_timer; /* owned */
    bool is_stressed;
    deadline_t next_stress_warning;
};

struct child {
    pid_t pid;
    struct served *service;  /* NULL: no longer in master.cf */
    char *program;           /* owned; path, for the log */
    unsigned generation;     /* of the service when it was started */
    deadline_t started;
    bool has_reported;
    bool has_room;
    bool is_reserve;         /* takes many clients, and counts for one */
    long seats;              /* clients that it has or could take */
};

struct master_options {
    const char *config_directory;
    int verbose;
    long exit_after_s;       /* 0: never */
    bool debug, foreground, init, keep_stdout, test, wait;
};

/* Facts, constant after start. */
struct master_facts {
    uid_t owner_uid;         /* mail_owner */
    gid_t owner_gid;
    bool is_root;
    int verbose;
    bool is_init;            /* process 1 of a container */
    int flow_read, flow_write;
};
const struct master_facts *master_facts(void);

/* services.c */
struct list *services(void); /* of struct served */
#define SERVED(list_node) CONTAINER_OF(list_node, struct served, node)
/* Make what is served equal to <cf>, which is then owned by this file. False:
 * some service could not be opened (logged); the rest is served. */
bool services_apply(struct master_cf *cf);
/* Children that run are of an old generation from now on. */
void service_renew(struct served *service);

/* listen.c: open what is missing, keep what still is right, close the rest.
 * False: <why>. */
bool listen_open(struct served *service, struct error *why);
void listen_close(struct served *service); /* and remove the socket file */
void listen_watch(struct served *service, bool on);
/* Is there a client that nobody has accepted yet? */
bool listen_has_waiting(const struct served *service);

/* spawn.c: start one child. */
void spawn_child(struct served *service);

/* children.c */
struct child *child_new(pid_t pid, struct served *service,
                        const char *program);
struct child *child_find(pid_t pid);
void child_free(struct child *child);
/* Start with *position = 0; NULL at the end. */
struct child *child_next(size_t *position);
size_t child_count(void);

/* status.c */
void status_open(struct served *service);
void status_close(struct served *service);
void status_set(struct child *child, bool has_room, long seats);
/* Decide again if the listeners are to be watched. */
void status_update(struct served *service);
/* The same, after one of its children has ended. */
void status_child_left(struct served *service);
void status_throttle(struct served *service, int seconds);
void status_throttle_end(struct served *service);

/* stress.c: no child has room, and the limit is reached. */
void stress_note(struct served *service);
void stress_end(struct served *service);

/* wakeup.c */
void wakeup_start(struct served *service);
void wakeup_stop(struct served *service);
void wakeup_used(struct served *service); /* a child was started */
/* A child has failed, or others may be started again. */
void wakeup_soon(struct served *service);

/* reap.c */
void reap_children(void);

/* reload.c */
void reload_first(const char *config_directory); /* fatal() on any fault */
void reload_again(void);                         /* keeps the old on a fault */
void reload_services_first(void);
void reload_log(void); /* as the parameters say */
/* What "-" in the chroot column means. */
bool reload_default_chroot(void);

/* lock.c */
bool lock_is_free(void);  /* -t */
void lock_take(void);     /* fatal() if another master runs here */

/* stop.c */
void stop_now(int signal_number);     /* children too, within seconds */
void stop_orderly(int signal_number); /* children end when they are done */
bool stop_is_under_way(void);
void stop_child_ended(void);

#endif
