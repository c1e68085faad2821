/* SPDX-License-Identifier: ISC
 *
 * service.h - the skeleton of a daemon.
 *
 *     static const struct service anvil = {
 *         .name = "anvil",
 *         .groups = anvil_groups,
 *         .kind = SERVICE_STREAM,
 *         .sessions = SERVICE_MANY,
 *         .serve = anvil_serve,
 *     };
 *     int main(int argc, char **argv)
 *     {
 *         return service_main(&anvil, argc, argv);
 *     }
 *
 * service_main: options (-c -d -D -i -l -m -n -o -r -s -S -t -u -v -V -z),
 * parameters, log, before_jail as root, chroot, drop of privilege,
 * after_jail, accept loop, child status to master, max_use,
 * max_idle, watchdog, end when master goes away or has a new generation, end
 * when a table has changed. The group `common` is always loaded. A process
 * not started by root skips chroot and uid changes when it already is
 * mail_owner.
 */
#ifndef SERVICE_SERVICE_H
#define SERVICE_SERVICE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/stream.h"
#include "config/main_cf.h"
#include "config/params.h"

enum service_kind {
    SERVICE_STREAM,   /* a connection at a time, or many */
    SERVICE_TRIGGER,  /* a connection brings some bytes and is closed */
    SERVICE_DATAGRAM,
};
enum service_sessions {
    SERVICE_ONE,      /* sequential on the process's own stack */
    SERVICE_MANY,     /* a fiber a connection, one process or few */
    SERVICE_BY_LIMIT, /* ONE up to 100 clients, more: maxproc/100 a process */
};
enum service_flag {
    SERVICE_PRIVILEGED = 1 << 0, /* keeps root; must be unpriv=n */
    SERVICE_SOLITARY = 1 << 1,   /* maxproc must be 1 */
    SERVICE_NO_LIMIT = 1 << 2,   /* maxproc must be 0 */
    SERVICE_PASS = 1 << 3,       /* also serves "pass" listeners */
    SERVICE_STANDALONE = 1 << 4, /* may run with -S on standard input */
    SERVICE_NEVER_IDLE = 1 << 5, /* does not stop for max_idle */
};
/* What the process needs to do after its start; it cannot do anything else
 * (service/confine.h). All may connect to other services, log, and work on
 * descriptors that they have or are handed. */
enum service_may {
    MAY_CONNECT_INET = 1 << 0, /* sockets of IPv4 and IPv6 */
    MAY_READ_CONFIG = 1 << 1,  /* tables, names of hosts and users; a table
                                  type may need MAY_CONNECT_INET, too */
    MAY_READ_QUEUE = 1 << 2,   /* open files in <queue_folders> */
    MAY_WRITE_QUEUE = 1 << 3,  /* also create, change, move and remove them */
    MAY_WRITE_DATA = 1 << 4,   /* the same in data_directory */
    MAY_EXEC = 1 << 5,         /* start commands */
    MAY_CHANGE_UID = 1 << 6,   /* act as the recipient, if started by root */
    MAY_CHROOT = 1 << 7,       /* for commands */
    MAY_OPEN_ALL = 1 << 8,     /* as root, whatever a file's mode; give away */
};

/* One client of the service. */
struct service_client {
    struct stream *stream;     /* owned by the skeleton, closed after serve */
    const char *service_name;  /* first field in master.cf */
    bool is_inet, is_pass, is_standalone;
    /* For pass: attributes sent along, as "client_address", its value, ...,
     * NULL; else NULL. */
    const char *const *pass_attributes;
};

struct service {
    const char *name;
    const struct param_group *const *groups; /* NULL-terminated; may be NULL */
    /* NULL, or a prefix of parameters by program name: {"smtp","lmtp"}. */
    const char *twin_of, *twin_prefix;
    enum service_kind kind;
    enum service_sessions sessions;
    unsigned flags;
    unsigned may;
    /* Of the queue directory, "incoming active"; NULL: all of it. */
    const char *queue_folders;
    MAY_WAIT void (*serve)(struct service_client *client);
    /* TRIGGER: <bytes> as received; also called with NULL, 0 by timers. */
    MAY_WAIT void (*triggered)(const char *bytes, size_t length);
    void (*datagram)(const char *data, size_t length);
    /* DATAGRAM, may be NULL: no other waits at the moment. */
    void (*no_more_datagrams)(void);
    void (*before_jail)(void);
    void (*after_jail)(void);
    /* SERVICE_MANY and TRIGGER: called once after after_jail, inside a fiber,
     * for background work; may return. */
    MAY_WAIT void (*background)(void);
    /* Before the process ends voluntarily. */
    void (*leaving)(void);
};

int service_main(const struct service *service, int argc, char **argv);

/* Facts about this process, constant after start. */
const char *service_name(void);      /* -n */
const char *service_program(void);   /* argv[0]'s last part: smtp or lmtp */
bool service_is_standalone(void);    /* -S */
struct config *service_config(void);
/* Positional arguments of the service (pipe, spawn): NULL-terminated. */
char **service_arguments(void);

#endif
