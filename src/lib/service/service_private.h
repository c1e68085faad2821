/* SPDX-License-Identifier: ISC
 *
 * service_private.h - what the files of the skeleton share.
 */
#ifndef SERVICE_SERVICE_PRIVATE_H
#define SERVICE_SERVICE_PRIVATE_H

#include "base/clock.h"
#include "config/master_cf.h"
#include "service/service.h"

struct process {
    const struct service *service;
    struct config *config; /* owned, for ever */
    const char *program;   /* argv[0]'s last part */
    const char *name;      /* -n */
    char **arguments;      /* of the service; NULL-terminated */
    enum master_type type; /* -t */
    int listeners;         /* -s; descriptors from SERVICE_LISTEN_FD */
    long seats;            /* clients that it may serve at a time */
    deadline_t retire_at;  /* -r */
    long uses_left;        /* clients until it ends; -1: no limit */
    bool must_chroot, is_unprivileged, is_limit_one, is_limit_none,
        is_standalone, is_debugged;
    bool is_retiring;
    bool has_old_tables; /* one that is open was replaced */
};

/* service.c. No more clients after this one: a table changed, or enough were
 * served. */
bool service_is_over(struct process *p);

/* connection.c: one client of a listener, from accept to close. */
enum accept_result {
    ACCEPT_DONE,
    ACCEPT_NOBODY,        /* no more */
    ACCEPT_NO_DESCRIPTOR, /* this process has too many files open; logged */
    ACCEPT_SHORTAGE,      /* so has the system, or no memory; logged */
};
enum { SERVICE_SHORTAGE_MS = 1000 }; /* before the next try */
/* *fd is the client, the caller's, when ACCEPT_DONE. */
enum accept_result connection_accept(int listener, int *fd);
MAY_WAIT void connection_serve(struct process *p, int fd);
MAY_WAIT void connection_serve_standalone(struct process *p);
/* What has come on <listener> of a datagram service. */
void connection_take_datagrams(struct process *p, int listener);
/* A trigger: <fd> is an accepted connection, which the client may want to use
 * again. */
MAY_WAIT void connection_take_trigger(struct process *p, int fd,
                                      bool may_keep);
/* The same for a fifo, which is no connection. */
MAY_WAIT void connection_take_fifo(struct process *p, int listener);

/* kept_trigger.c: serve <fd>, from which <bytes> have come, until the client
 * closes it. Takes over <fd>. */
MAY_WAIT void kept_trigger_open(struct process *p, int fd, const char *bytes,
                                size_t length);
/* There are no descriptors left: the clients can make new connections. */
void kept_trigger_close_all(void);

/* accept_many.c: look for new tables and such, at most once a second. */
void accept_many_look_around(void);

/* Both return when the process has to end. */
void accept_one_at_a_time(struct process *p);
void accept_many(struct process *p);

#endif
