/* SPDX-License-Identifier: ISC
 *
 * confine.h - what a process can still do after its start.
 *
 * A daemon declares what it needs (enum service_may, service.h). From that
 * come its capabilities, no_new_privs, the files that it can open (Landlock)
 * and its system calls (seccomp). All of it holds for the rest of the
 * process's life, and for what it starts.
 *
 *                     no_new_privs  Landlock  seccomp
 *     most            yes           yes       only what the table lists
 *     MAY_CHANGE_UID  yes           no        the same, and set*id, chown
 *     MAY_EXEC        no            no        all but a hand on the machine
 *
 * One that delivers as the recipient must open whatever the recipient may;
 * and commands of users may be set-uid programs, sendmail above all.
 * A kernel without one of these runs on without it.
 */
#ifndef SERVICE_CONFINE_H
#define SERVICE_CONFINE_H

#include <stdbool.h>

#include "base/str.h"
#include "service/service.h"

struct confinement {
    unsigned may;              /* enum service_may */
    const char *queue_folders; /* as in struct service */
    /* The tables that it names may be opened later; NULL: there are none. */
    struct config *config;
    const char *data_directory;
    bool is_by_root; /* started by root, whoever it is now */
};

/* As root, before the change of identity: nothing that this process starts
 * gets more capabilities than these, not even by a set-uid program. False: it
 * has no right to do so. */
bool confine_ceiling(unsigned may);
/* The same for master, and for itself at once. */
bool confine_master(void);

/* All the rest, once what needs more has been done. The working directory is
 * the queue directory; there are no other threads. fatal() if the kernel has
 * it and refuses. */
void confine_process(const struct confinement *confinement);

/* What the above makes of a declaration, in one line: "cap=HEX bounding=HEX
 * no_new_privs=1 landlock=1 seccomp=1 may=... folders=...". */
void confine_describe(const struct service *service, struct str *out);

/* A warning for each thing that the kernel does not have. */
void confine_warn_missing(void);

#endif
