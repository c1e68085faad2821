/* SPDX-License-Identifier: ISC
 *
 * proc.h - running other programs, with nothing inherited by accident.
 */
#ifndef BASE_PROC_H
#define BASE_PROC_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/clock.h"
#include "base/error.h"

/* What kept a program from running. */
enum proc_obstacle {
    PROC_NOT_STARTED,  /* no process for it */
    PROC_NOT_PREPARED, /* its folder, its user */
    PROC_NOT_EXECUTED,
};

struct proc_options {
    const char *const *argv;  /* NULL: run <command> */
    const char *command;      /* by exec when free of shell characters,
                                 otherwise by <shell> or /bin/sh -c */
    const char *shell;        /* NULL or "", or "path -c" to use always */
    /* The whole environment: nothing else is passed on. env_add wins. */
    const char *env_export;   /* "NAME NAME=value { NAME = two words }" */
    const char *const *env_add;    /* "NAME=value"; NULL-ended */
    const char *folder;       /* chdir after the change of uid; NULL: none */
    const char *chroot_folder;
    uid_t uid;                /* with <set_user> */
    gid_t gid;
    bool set_user;            /* setgid, initgroups off, setuid, for good */
    bool own_group;           /* setsid in the child */
    int in, out, err;         /* descriptors to give; -1: /dev/null */
    long fork_attempts;       /* of fork() before giving up; 0: one */
    int fork_delay_s;         /* between them */
    enum proc_obstacle *obstacle; /* set on failure; NULL: who cares */
};

/* Start it; all other descriptors are closed and signals have their default
 * action. Returns -1, errno and <why>, also when the program itself cannot be
 * run. */
MAY_WAIT pid_t proc_start(const struct proc_options *options,
                          struct error *why);
/* fork(). In the child all signals have their default action, from the first
 * moment on: none that is meant for it reaches a handler of the parent's. */
pid_t proc_fork(void);
/* Close <first> and all above, on any kernel. It makes only system calls, and
 * can be used between fork and exec. */
void proc_close_from(int first);
/* Wait for <pid> until the deadline; false: still running (kill it, and call
 * again). <status> is that of waitpid. */
MAY_WAIT bool proc_wait(pid_t pid, deadline_t until, int *status);
void proc_kill_group(pid_t pid, int signal_number);
/* "exit status 1" or "killed by signal 9". */
const char *proc_status_text(int status, char *out, size_t size);

#endif
